// Finds a directory for compiled code that no other user can write to, because Node runs any code that it finds there.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const OTHERS_MAY_WRITE = 0o022;
const OTHERS_MAY_ANYTHING = 0o077;
/** The mode bit of a sticky directory, in which users cannot rename or remove each other's files. */
const STICKY = 0o1000;
const ONLY_OWNER = 0o700;

/**
 * @param path absolute path of a directory, which is created if it is missing
 * @returns the path of the directory without symbolic links; undefined if another user could have written to it, or if it cannot
 * be created
 */
export function privateDirectory(path: string): string | undefined {
  // Returns undefined on Windows, which has no owners or modes to check.
  const userId = process.geteuid?.();
  if (userId === undefined) return undefined;
  try {
    // The existing parent is checked before anything is created, because another user's symbolic link could lead anywhere.
    if (!isOutOfReach(nearestExisting(dirname(path)), userId)) return undefined;
    mkdirSync(path, { recursive: true, mode: ONLY_OWNER });
    const directory = join(realpathSync(dirname(path)), basename(path));
    const found = lstatSync(directory);
    const isPrivate = found.isDirectory() && found.uid === userId && lacks(found, OTHERS_MAY_ANYTHING);
    return isPrivate && isOutOfReach(dirname(directory), userId) ? directory : undefined;
  } catch {
    return undefined;
  }
}

/** Resolves symbolic links. @throws Error if a lookup fails for any reason other than a missing file */
function nearestExisting(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || path === dirname(path)) throw error;
    return nearestExisting(dirname(path));
  }
}

/** @returns whether only this user and root can replace the directory and the directories above it */
function isOutOfReach(directory: string, userId: number): boolean {
  const found = lstatSync(directory);
  const isOwned = found.uid === userId || found.uid === 0;
  if (!isOwned || !(lacks(found, OTHERS_MAY_WRITE) || !lacks(found, STICKY))) return false;
  return directory === dirname(directory) || isOutOfReach(dirname(directory), userId);
}

const lacks = ({ mode }: Stats, bits: number): boolean => (mode & bits) === 0;
