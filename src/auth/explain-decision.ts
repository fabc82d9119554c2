// Explains a decision: which grants allowed the request, or which of the caller's grants come closest to it. As in authorize.ts,
// the functions are pure.
import type { Grant, Scope } from '../config/types.ts';
import { iamActions } from '../policy/iam-actions.ts';
import type { IamAction } from '../policy/iam-actions.ts';
import { decide, grantReaching } from './authorize.ts';
import type { RequestedRead, Permit } from './authorize.ts';
import type { Access } from './grants.ts';
import { visiblePrefixes } from './visible-prefixes.ts';

export type Explanation = { readonly permit: Permit } | { readonly denial: Denial };

export interface Denial {
  readonly why: Why;
  /** The first action that no grant allows; undefined if the caller has no grants on the bucket. */
  readonly withheld: IamAction | undefined;
  /** The caller's nearest grants on the bucket, at most MAX_NEAREST. The value of `why` determines which grants are nearest. */
  readonly nearest: readonly Grant[];
  /** The number of nearest grants that `nearest` omits. */
  readonly more: number;
}

/**
 * - `no_grant`: the caller has no grant on the bucket, or the bucket does not exist.
 * - `other_actions`: the nearest grants cover the subject, but allow other actions.
 * - `outside`: the nearest grants allow the action, but not on this subject.
 * - `neither`: no grant allows the action, and no grant covers the subject.
 * - `prefix_open`, only for list requests: the requested prefix is not granted, but the same prefix with '/' at its end would
 *   be.
 * - `above`, only for list requests: the nearest grants cover prefixes below the requested one.
 */
export type Why = 'no_grant' | 'other_actions' | 'outside' | 'neither' | 'prefix_open' | 'above';

/** The maximum number of grants in `nearest`. The number is small, because error messages name these grants in one sentence. */
const MAX_NEAREST = 3;

export function explain(access: ReadonlyMap<string, Access>, read: RequestedRead): Explanation {
  const decision = decide(access, read);
  if ('permit' in decision) return decision;
  const { withheld } = decision;
  const own = access.get(read.bucket);
  if (withheld === undefined || own === undefined)
    return { denial: { why: 'no_grant', withheld, nearest: [], more: 0 } };
  const [why, near] = whyWithheld(own, withheld, read);
  const nearest = nearestTo(read.subject, near).slice(0, MAX_NEAREST);
  return { denial: { why, withheld, nearest, more: near.length - nearest.length } };
}

function whyWithheld(
  own: Access,
  action: IamAction,
  { kind, subject }: RequestedRead,
): readonly [Why, readonly Grant[]] {
  const reach = own.byAction.get(action);
  if (kind === 'list' && reach !== undefined) {
    const closed = grantReaching(reach, kind, `${subject}/`);
    if (closed !== undefined) return ['prefix_open', [closed]];
    const below = [...reach.prefixes].filter(([prefix]) => prefix.startsWith(subject));
    if (visiblePrefixes(own, { action, prefix: subject, after: '' }) !== undefined)
      return ['above', below.map(([, grant]) => grant)];
  }
  const reaching = [...own.byAction.values()].flatMap((each) => grantReaching(each, kind, subject) ?? []);
  if (reaching.length > 0) return ['other_actions', [...new Set(reaching)]];
  const allowing = own.grants.filter(({ allow }) => iamActions(allow).includes(action));
  return allowing.length > 0 ? ['outside', allowing] : ['neither', own.grants];
}

/**
 * Sorts grants by the number of leading characters that their scope shares with the subject. Grants with the same number keep
 * the configuration's order.
 */
function nearestTo(subject: string, grants: readonly Grant[]): readonly Grant[] {
  return grants
    .map((grant) => ({ grant, same: commonLength(subject, textOf(grant.scope)) }))
    .sort((a, b) => b.same - a.same)
    .map(({ grant }) => grant);
}

function textOf(scope: Scope): string {
  if (scope.kind === 'bucket') return '';
  return scope.kind === 'prefix' ? scope.prefix : scope.key;
}

function commonLength(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same;
}
