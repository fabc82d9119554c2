// What a caller sees who lists from above its grants: the common prefixes that lead down to them, and nothing else. Pure.
import type { IamAction } from '../iam-actions.ts';
import type { Access } from './grants.ts';

/**
 * As S3 would group them with the delimiter '/': each granted prefix below `prefix`, up to the first '/' behind it.
 * @param after where the list goes on: a common prefix that has been shown, or any key
 * @returns sorted; undefined where `prefix` is granted itself, and where no grant lies below it
 */
export function leadingPrefixes(
  access: Access | undefined,
  action: IamAction,
  prefix: string,
  after: string,
): readonly string[] | undefined {
  const reach = access?.byAction.get(action);
  if (reach === undefined || reach.whole !== undefined) return undefined;
  const below = [...reach.prefixes.keys()].filter((granted) => granted.startsWith(prefix));
  const isGranted = [...reach.prefixes.keys()].some((granted) => prefix.startsWith(granted));
  if (isGranted || below.length === 0) return undefined;
  const leading = new Set<string>();
  for (const granted of below) {
    const common = granted.slice(0, granted.indexOf('/', prefix.length) + 1);
    // A grant within which `after` lies may hold more behind it; a common prefix that was shown stands for all it holds.
    if (common !== after && (after.startsWith(granted) || byBytes(granted, after) > 0)) leading.add(common);
  }
  return [...leading].sort(byBytes);
}

/** S3 sorts by UTF-8, in which characters beyond the BMP come last, unlike in UTF-16. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
