// Reads a file through one reused buffer, to avoid an allocation for each chunk.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Source } from '../response.ts';

const BUFFER_BYTES = 65_536;

/**
 * Returns the bytes from `start` to `end`, inclusive, or fewer if the file ends earlier. Opens the file immediately, so that an
 * error is reported before the response begins. Rejects if the file has been replaced by a link. If the file has been replaced
 * by a pipe, does not wait for a writer.
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
