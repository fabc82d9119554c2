// Objects with keys that clients often handle incorrectly, and digests for comparing copies with the originals.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Each key is a valid file name, because clients copy the objects to files. */
const NAMES = [
  'plain.csv',
  'a b.txt',
  ' leading and trailing ',
  'a+b.txt',
  '100%.txt',
  'per%20cent.txt',
  '%2F.txt',
  'été/日本.txt',
  '𝔘/emoji 🚀.txt',
  `quote's "double".txt`,
  '& < > ;=,.txt',
  '#hash?query=1',
  'back\\slash',
  'colon:semi@at',
  '[br]{cu}*~!()|^`$',
  'deep/1/2/3/4/5/6/7/8/9/10/file.bin',
  'empty',
  'two.parts',
] as const;

/** The AWS CLI and boto3 read an object in ranges if it is larger than 8 MiB. */
const TWO_PARTS_BYTES = 12_000_000;

/** The content of each object, by the object's name. */
export const TREE: ReadonlyMap<string, Buffer> = new Map(NAMES.map((name) => [name, contentOf(name)]));

function contentOf(name: string): Buffer {
  if (name === 'empty') return Buffer.alloc(0);
  const bytes = Buffer.alloc(name === 'two.parts' ? TWO_PARTS_BYTES : 1000 + name.length, name);
  // All parts of an object differ, so that a misplaced part changes the digest.
  for (let at = 0; at + 4 <= bytes.length; at += 100) bytes.writeUInt32LE(at, at);
  return bytes;
}

export type Digests = ReadonlyMap<string, string>;

export const digestOf = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

export const TREE_DIGESTS: Digests = new Map(
  [...TREE].map(([name, bytes]) => [name, digestOf(bytes)] as const).sort(),
);

export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Returns the digests of all files below the directory, keyed by relative path and in the order of TREE_DIGESTS. */
export async function digestsBelow(directory: string): Promise<Digests> {
  const digests: [string, string][] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) digests.push([relative(directory, path), await digestOfFile(path)]);
  }
  return new Map(digests.sort());
}
