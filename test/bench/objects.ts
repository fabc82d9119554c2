// The objects that are read: from 1 KiB, where requests count, to 64 MiB, where bytes do.
import { createHash, hash } from 'node:crypto';

export const SIZES = { '1k': '1 KiB', '64k': '64 KiB', '1m': '1 MiB', '64m': '64 MiB' } as const;

export interface BenchObject {
  readonly name: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Whether its throughput is told in MiB: a load may end before a single one of its answers does. */
  readonly isLarge: boolean;
  /** Made when asked for, and then kept. */
  readonly content: () => Buffer;
  /** Of the content, in hexadecimal. */
  readonly sha256: () => string;
}

const MIB = 1024 * 1024;

export const OBJECTS: readonly BenchObject[] = [
  create('1k', 1024),
  create('64k', 64 * 1024),
  create('1m', MIB),
  create('64m', 64 * MIB),
];

/** The object that requests are counted with. */
export const SMALL = OBJECTS.filter(({ key }) => key === '1k');

/** The same in every process, and like nothing that could be compressed or repeats. */
function create(key: keyof typeof SIZES, size: number): BenchObject {
  let made: Buffer | undefined;
  const content = (): Buffer =>
    (made ??= createHash('shake256', { outputLength: size }).update(key).digest());
  return objectOf(SIZES[key], key, size, content);
}

export function objectOf(name: string, key: string, size: number, content: () => Buffer): BenchObject {
  return {
    name,
    key,
    size,
    isLarge: size >= MIB,
    content,
    sha256: () => hash('sha256', content(), 'hex'),
  };
}
