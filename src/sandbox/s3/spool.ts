// Stores uploaded bodies: small bodies in memory, large bodies in temporary files.
import { createHash, randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Source } from '../response.ts';
import { fileSource } from './file-source.ts';

/** A stored body and its hashes. */
export interface Spooled {
  readonly size: number;
  readonly md5: Buffer;
  /** Base64 checksums by the algorithm's name in `x-amz-checksum-…`, for the algorithms that Node supports. */
  readonly checksums: Readonly<Record<string, string>>;
  open(start: number, end: number): Promise<Source>;
  discard(): void;
}

export interface Spool {
  take(source: AsyncIterable<Buffer>): Promise<Spooled>;
  close(): void;
}

const KEPT_IN_MEMORY_BYTES = 262_144;

/** Creates the temporary directory only when the first large body arrives. */
export function createSpool(): Spool {
  let directory: string | undefined;
  const newFile = () => {
    directory ??= mkdtempSync(join(tmpdir(), 'fedbridge-sandbox-'));
    return join(directory, randomUUID());
  };
  return {
    async take(source) {
      const hashes = { md5: createHash('md5'), sha1: createHash('sha1'), sha256: createHash('sha256') };
      let crc = 0;
      let size = 0;
      let held: Buffer[] = [];
      let path: string | undefined;
      let file: FileHandle | undefined;
      try {
        for await (const chunk of source) {
          for (const hash of Object.values(hashes)) hash.update(chunk);
          crc = crc32(chunk, crc);
          size += chunk.length;
          held.push(chunk);
          if (size > KEPT_IN_MEMORY_BYTES) {
            path ??= newFile();
            file ??= await open(path, 'wx', 0o600);
            await file.writev(held);
            held = [];
          }
        }
      } catch (error) {
        if (path !== undefined) void rm(path, { force: true });
        throw error;
      } finally {
        await file?.close();
      }
      const crcBytes = Buffer.alloc(4);
      crcBytes.writeUInt32BE(crc);
      return {
        size,
        md5: hashes.md5.digest(),
        checksums: {
          crc32: crcBytes.toString('base64'),
          sha1: hashes.sha1.digest('base64'),
          sha256: hashes.sha256.digest('base64'),
        },
        ...(path === undefined ? inMemory(Buffer.concat(held)) : inFile(path)),
      };
    },
    close() {
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function inMemory(bytes: Buffer): Pick<Spooled, 'open' | 'discard'> {
  return {
    open: (start, end) => Promise.resolve([bytes.subarray(start, end + 1)]),
    discard: () => undefined,
  };
}

function inFile(path: string): Pick<Spooled, 'open' | 'discard'> {
  return {
    open: (start, end) => fileSource(path, start, end),
    // A response in progress keeps the deleted file open until it ends.
    discard: () => void rm(path, { force: true }),
  };
}
