// What a caller sees in a list above its grants: the common prefixes that lead down to them, and nothing else. Pure.
import type { IamAction } from '../policy/iam-actions.ts';
import { grantReaching } from './authorize.ts';
import { byBytes } from './grants.ts';
import type { Access } from './grants.ts';

/** The list that is requested. */
export interface RequestedList {
  readonly action: IamAction;
  readonly prefix: string;
  /** Where the list continues: a common prefix that has been shown, or any key; '' at the beginning. */
  readonly after: string;
}

/**
 * As S3 would group them with the delimiter '/': each granted prefix below `prefix`, up to the first '/' after it.
 * @returns sorted; undefined if `prefix` itself is granted, or if no grant lies below it
 */
export function visiblePrefixes(
  access: Access | undefined,
  { action, prefix, after }: RequestedList,
): readonly string[] | undefined {
  const reach = access?.byAction.get(action);
  if (reach === undefined || grantReaching(reach, action, prefix) !== undefined) return undefined;
  const sorted = reach.sortedPrefixes();
  const first = firstFrom(sorted, prefix);
  if (sorted[first]?.startsWith(prefix) !== true) return undefined;
  // The beginnings of sorted texts are sorted.
  const leading = new Set<string>();
  for (let i = first; i < sorted.length; i += 1) {
    const granted = sorted[i] ?? '';
    if (!granted.startsWith(prefix)) break;
    const common = granted.slice(0, granted.indexOf('/', prefix.length) + 1);
    // A grant that contains `after` may contain more after it; a common prefix that was shown stands for all of its keys.
    if (common !== after && (after.startsWith(granted) || byBytes(granted, after) > 0)) leading.add(common);
  }
  return [...leading];
}

/** @returns the index of the first that is not before `text` */
function firstFrom(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byBytes(sorted[middle] ?? '', text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
