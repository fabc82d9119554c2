// A file's bytes, read into one buffer for as long as it is read: memory does not grow with what garbage waits for.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Source } from '../response.ts';

const BUFFER_BYTES = 65_536;

/**
 * Bytes `start` to `end`, both included; ends early where the file does. Opens at once, so that it rejects before an
 * answer begins. Refuses a link put in the file's place meanwhile, and does not wait for the writer of a pipe.
 */
export async function fileSource(path: string, start: number, end: number): Promise<Source> {
  return bytesOf(
    await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    start,
    end,
  );
}

async function* bytesOf(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, end - start + 1));
    for (let position = start; position <= end;) {
      const wanted = Math.min(buffer.length, end - position + 1);
      const { bytesRead } = await file.read(buffer, 0, wanted, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}
