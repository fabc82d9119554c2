// Explains a decision: which grants decided, or which of the caller's grants come nearest. Pure, like authorize.ts.
import type { Grant, Scope } from '../config/types.ts';
import { iamActions, isListAction } from '../policy/iam-actions.ts';
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
  /** The first few of the caller's grants on the bucket that come near, as `why` says. */
  readonly nearest: readonly Grant[];
  /** How many more there are. */
  readonly more: number;
}

/**
 * `no_grant`: none on the bucket, or there is no such bucket. `other_actions`: the nearest reach it, and allow other actions.
 * `outside`: the nearest allow the action, and reach elsewhere. `neither`: none allows the action, and none reaches it.
 * Only for lists: `prefix_open`: with '/' at its end the prefix would be granted. `above`: the nearest lie below the prefix.
 */
export type Why = 'no_grant' | 'other_actions' | 'outside' | 'neither' | 'prefix_open' | 'above';

/** As many as fit into a sentence. */
const MAX_NEAREST = 3;

export function explain(access: ReadonlyMap<string, Access>, read: RequestedRead): Explanation {
  const decision = decide(access, read);
  if ('permit' in decision) return decision;
  const { withheld } = decision;
  const own = access.get(read.bucket);
  if (withheld === undefined || own === undefined)
    return { denial: { why: 'no_grant', withheld, nearest: [], more: 0 } };
  const [why, near] = whyWithheld(own, withheld, read.subject);
  const nearest = nearestTo(read.subject, near).slice(0, MAX_NEAREST);
  return { denial: { why, withheld, nearest, more: near.length - nearest.length } };
}

function whyWithheld(own: Access, action: IamAction, subject: string): readonly [Why, readonly Grant[]] {
  const reach = own.byAction.get(action);
  if (isListAction(action) && reach !== undefined) {
    const closed = grantReaching(reach, action, `${subject}/`);
    if (closed !== undefined) return ['prefix_open', [closed]];
    const below = [...reach.prefixes].filter(([prefix]) => prefix.startsWith(subject));
    if (visiblePrefixes(own, { action, prefix: subject, after: '' }) !== undefined)
      return ['above', below.map(([, grant]) => grant)];
  }
  const reaching = [...own.byAction.values()].flatMap((each) => grantReaching(each, action, subject) ?? []);
  if (reaching.length > 0) return ['other_actions', [...new Set(reaching)]];
  const allowing = own.grants.filter(({ allow }) => iamActions(allow).includes(action));
  return allowing.length > 0 ? ['outside', allowing] : ['neither', own.grants];
}

/** By the length of the common beginning; equal ones stay in the configuration's order. */
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
