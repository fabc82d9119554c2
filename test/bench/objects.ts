// The benchmark's objects. The smallest one (1 KiB) measures the request rate, and the largest one (64 MiB) measures the
// throughput in bytes.
import { createHash, hash } from 'node:crypto';

export const SIZES = { '1k': '1 KiB', '64k': '64 KiB', '1m': '1 MiB', '64m': '64 MiB' } as const;

export interface BenchObject {
  readonly name: string;
  readonly key: string;
  /** The size in bytes. */
  readonly size: number;
  /**
   * Whether to report MiB per second instead of requests per second. Bytes are necessary for large objects, because the load may
   * end before a response is complete.
   */
  readonly isLarge: boolean;
  /** Returns the content, which is created on first use and then cached. */
  readonly content: () => Buffer;
  /** The content's SHA-256, in hexadecimal. */
  readonly sha256: () => string;
}

const MIB = 1024 * 1024;

export const OBJECTS: readonly BenchObject[] = [
  create('1k', 1024),
  create('64k', 64 * 1024),
  create('1m', MIB),
  create('64m', 64 * MIB),
];

/** The object that is used to measure request rates. */
export const SMALL = OBJECTS.filter(({ key }) => key === '1k');

/** Creates content that cannot be compressed, does not repeat, and is the same in every process. */
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
