// Selects the keys and common prefixes of one page of a list, in the same order as S3.
import { compareKeys } from './objects.ts';

export interface PageRequest {
  readonly prefix: string;
  /** The delimiter; the empty string if the request has none. */
  readonly delimiter: string;
  /** The page begins after this key. If `after` is a common prefix, all keys that begin with it are skipped. */
  readonly after: string;
  readonly maxKeys: number;
}

export interface PageEntry {
  readonly kind: 'key' | 'prefix';
  readonly text: string;
}

export interface Page {
  readonly entries: readonly PageEntry[];
  readonly truncated: boolean;
}

/** @param keys all keys, in S3's order */
export function pageOf(keys: readonly string[], { prefix, delimiter, after, maxKeys }: PageRequest): Page {
  const commonPrefixOf = (key: string) => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return end < 0 ? undefined : key.slice(0, end + delimiter.length);
  };
  const entries: PageEntry[] = [];
  if (maxKeys === 0) return { entries, truncated: false };
  const skipsGroup = after !== '' && after.startsWith(prefix) && commonPrefixOf(after) === after;
  const afterStart = skipsGroup ? firstBeyond(keys, after) : firstAfter(keys, after);
  let at = Math.max(firstFrom(keys, prefix), after === '' ? 0 : afterStart);
  for (let key = keys[at]; key?.startsWith(prefix); key = keys[at]) {
    if (entries.length === maxKeys) return { entries, truncated: true };
    const common = commonPrefixOf(key);
    entries.push(common === undefined ? { kind: 'key', text: key } : { kind: 'prefix', text: common });
    at = common === undefined ? at + 1 : firstBeyond(keys, common, at);
  }
  return { entries, truncated: false };
}

/** Returns the index of the first key that equals `text` or sorts after it. */
const firstFrom = (keys: readonly string[], text: string) =>
  firstWhere(keys, (key) => compareKeys(key, text) >= 0);

/** Returns the index of the first key that sorts after `text`. */
const firstAfter = (keys: readonly string[], text: string) =>
  firstWhere(keys, (key) => compareKeys(key, text) > 0);

/** Returns the index of the first key that sorts after all keys with this prefix. */
const firstBeyond = (keys: readonly string[], prefix: string, from = 0) =>
  firstWhere(keys, (key) => compareKeys(key, prefix) > 0 && !key.startsWith(prefix), from);

/**
 * Finds the first key for which `holds` is true, by binary search. If `holds` is true for a key, it must be true for all later
 * keys.
 */
function firstWhere(keys: readonly string[], holds: (key: string) => boolean, from = 0): number {
  let low = from;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(keys[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
