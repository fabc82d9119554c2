// The file that says that all is up, and how to reach it: whole as soon as it exists, and gone when nothing runs any more.
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';

/** It holds the owner's keys. */
const OWNER_ONLY = 0o600;

/** A file in the same directory takes the name in one step, so that no one reads half of it. */
export async function writeReadyFile(path: string, content: unknown): Promise<void> {
  // In a directory that others may write to, a name that they can predict may be a link or a file of theirs.
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await writeFile(partial, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Also for the file of an earlier run that was killed. */
export function removeReadyFile(path: string): void {
  rmSync(path, { force: true });
}
