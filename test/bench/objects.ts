// The two objects that are read: one of 1 KiB, where requests count, and one of 1 MiB, where bytes do.
import { createHash, hash } from 'node:crypto';

export interface BenchObject {
  readonly name: '1 KiB' | '1 MiB';
  readonly key: string;
  readonly content: Buffer;
  readonly sha256: string;
}

export const OBJECTS: readonly BenchObject[] = [
  create('1 KiB', '1k', 1024),
  create('1 MiB', '1m', 1024 * 1024),
];

/** The same in every process, and like nothing that could be compressed or repeats. */
function create(name: BenchObject['name'], key: string, size: number): BenchObject {
  const content = createHash('shake256', { outputLength: size }).update(key).digest();
  return { name, key, content, sha256: hash('sha256', content, 'hex') };
}
