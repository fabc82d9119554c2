// What a caller sees who lists from above its grants: the common prefixes that lead down to them, and nothing else. Pure.
import type { IamAction } from '../iam-actions.ts';
import type { Access } from './grants.ts';

/**
 * As S3 would group them with the delimiter '/': each granted prefix below `prefix`, up to the first '/' behind it.
 * @returns sorted; undefined where `prefix` is granted itself, and where no grant lies below it
 */
export function leadingPrefixes(
  access: Access | undefined,
  action: IamAction,
  prefix: string,
): readonly string[] | undefined {
  const reach = access?.byAction.get(action);
  if (reach === undefined || reach.whole !== undefined) return undefined;
  const leading = new Set<string>();
  for (const granted of reach.prefixes.keys()) {
    if (prefix.startsWith(granted)) return undefined;
    if (granted.startsWith(prefix)) leading.add(granted.slice(0, granted.indexOf('/', prefix.length) + 1));
  }
  return leading.size === 0 ? undefined : [...leading].sort(byBytes);
}

/** S3 sorts by UTF-8, in which characters beyond the BMP come last, unlike in UTF-16. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
