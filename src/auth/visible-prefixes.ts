// Builds the listing of a prefix above a caller's grants. The listing contains only the common prefixes that lead to granted
// prefixes. The function is pure.
import type { IamAction } from '../policy/iam-actions.ts';
import { grantReaching } from './authorize.ts';
import { byBytes } from './grants.ts';
import type { Access } from './grants.ts';

export interface RequestedList {
  readonly action: IamAction;
  readonly prefix: string;
  /** The page starts after this text, which is either a common prefix on an earlier page or any key; '' for the first page. */
  readonly after: string;
}

/**
 * Groups granted prefixes as S3 groups keys with the delimiter '/': truncates each granted prefix below `prefix` at the next '/'.
 * @returns sorted common prefixes; undefined if `prefix` itself is granted, or if no grant lies below it
 */
export function visiblePrefixes(
  access: Access | undefined,
  { action, prefix, after }: RequestedList,
): readonly string[] | undefined {
  const reach = access?.byAction.get(action);
  if (reach === undefined || grantReaching(reach, 'list', prefix) !== undefined) return undefined;
  const sorted = reach.sortedPrefixes();
  const first = firstFrom(sorted, prefix);
  if (sorted[first]?.startsWith(prefix) !== true) return undefined;
  // The set stays sorted, because truncating sorted strings keeps their order.
  const leading = new Set<string>();
  for (let i = first; i < sorted.length; i += 1) {
    const granted = sorted[i] ?? '';
    if (!granted.startsWith(prefix)) break;
    const common = granted.slice(0, granted.indexOf('/', prefix.length) + 1);
    // Skips the common prefix `after`, which an earlier page has returned and which stands for all keys below it. If `after`
    // lies within a granted prefix, that prefix is kept, because it may contain later keys.
    if (common !== after && (after.startsWith(granted) || byBytes(granted, after) > 0)) leading.add(common);
  }
  return [...leading];
}

/** @returns the index of the first string that does not sort before `text` */
function firstFrom(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byBytes(sorted[middle] ?? '', text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
