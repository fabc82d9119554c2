// Finds a directory for compiled code that no other user can write to: Node runs whatever it finds there.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const OTHERS_MAY_WRITE = 0o022;
const OTHERS_MAY_ANYTHING = 0o077;
/** In a sticky directory nobody can rename or remove what others own. */
const STICKY = 0o1000;
const ONLY_OWNER = 0o700;

/**
 * @param path absolute; made if it is missing
 * @returns the directory, without symbolic links; undefined if another user could have put something there, or if it cannot be made
 */
export function privateDirectory(path: string): string | undefined {
  // Windows has neither owners nor modes to check.
  const userId = process.geteuid?.();
  if (userId === undefined) return undefined;
  try {
    // Before anything is made: below a link of another user it would be made wherever that leads.
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

/** Without symbolic links. @throws Error if it cannot be looked up for another reason than that it is missing */
function nearestExisting(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || path === dirname(path)) throw error;
    return nearestExisting(dirname(path));
  }
}

/** @returns whether other users, except root, can replace neither the directory nor any above it */
function isOutOfReach(directory: string, userId: number): boolean {
  const found = lstatSync(directory);
  const isOwned = found.uid === userId || found.uid === 0;
  if (!isOwned || !(lacks(found, OTHERS_MAY_WRITE) || !lacks(found, STICKY))) return false;
  return directory === dirname(directory) || isOutOfReach(dirname(directory), userId);
}

const lacks = ({ mode }: Stats, bits: number): boolean => (mode & bits) === 0;
