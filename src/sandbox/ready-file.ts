// Writes and removes the ready file, which contains the URLs and keys of a running sandbox.
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';

/** The mode of the file. Only the owner may read it, because it contains access keys. */
const OWNER_ONLY = 0o600;

/** Writes a temporary file and renames it, so that no program reads an incomplete file. */
export async function writeReadyFile(path: string, content: unknown): Promise<void> {
  // The name is random, because another user of a shared directory could create a file or link with a predictable name.
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await writeFile(partial, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Does nothing if the file does not exist. */
export function removeReadyFile(path: string): void {
  rmSync(path, { force: true });
}
