// Creates the bucket's objects for a soak. An object's bytes depend on its key, so that a mix-up is detected.
import { createCipheriv, createHash } from 'node:crypto';

export interface SoakObject {
  readonly key: string;
  readonly body: Buffer;
  /** The ETag with its quotes. */
  readonly etag: string;
}

/**
 * The sizes in bytes. There is one object of each size under PUBLIC and one under PRIVATE. Both callers may read the objects
 * under PUBLIC.
 */
const SIZES = {
  empty: 0,
  one: 1,
  small: 1_000,
  page: 65_536,
  middle: 300_007,
  large: 1_500_001,
  huge: 24_000_000,
};

export type Size = keyof typeof SIZES;

/** Keys that URL libraries tend to normalize. */
const ODD_NAMES = ['a b+c%2F', 'ä/../..//x', "q?a=1&b='*'"];

export const PUBLIC = 'raw/public/soak/';
export const PRIVATE = 'raw/private/soak/';

const LISTED = 40;
export const LISTS = 'raw/public/lists/';

function objectOf(key: string, size: number): SoakObject {
  const keyed = createHash('sha256').update(key).digest();
  const stream = createCipheriv('aes-256-ctr', keyed, Buffer.alloc(16));
  const body = stream.update(Buffer.alloc(size));
  return { key, body, etag: `"${createHash('md5').update(body).digest('hex')}"` };
}

export interface Stock {
  readonly all: readonly SoakObject[];
  /** @param prefix `PUBLIC` or `PRIVATE` */
  sized(prefix: string, size: Size): SoakObject;
  /** The objects with unusual names, under PUBLIC. */
  readonly odd: readonly SoakObject[];
  /** The keys below LISTS, in S3's order. */
  readonly listed: readonly string[];
}

export function createStock(): Stock {
  const byKey = new Map<string, SoakObject>();
  const add = (key: string, size: number): SoakObject => {
    const object = objectOf(key, size);
    byKey.set(key, object);
    return object;
  };
  for (const prefix of [PUBLIC, PRIVATE])
    for (const [name, size] of Object.entries(SIZES)) add(prefix + name, size);
  const odd = ODD_NAMES.map((name, i) => add(PUBLIC + name, 5_000 + i));
  const listed = Array.from({ length: LISTED }, (_, i) => `${LISTS}part-${String(i).padStart(4, '0')}`);
  for (const key of listed) add(key, 10);
  return {
    all: [...byKey.values()],
    sized: (prefix, size) => {
      const found = byKey.get(prefix + size);
      if (found === undefined) throw new Error(`no object ${prefix}${size}`);
      return found;
    },
    odd,
    listed,
  };
}
