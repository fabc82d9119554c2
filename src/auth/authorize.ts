// Decides, from grants alone, whether a caller may do what it asks. Pure: asks nobody, changes nothing.
import type { Bucket, Grant } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { iamActions, isListAction } from '../policy/iam-actions.ts';
import type { IamAction } from '../policy/iam-actions.ts';
import type { Access, Reach } from './grants.ts';

/** A decision in the caller's favour. Only this can name a role: without it there is nothing to federate. */
export interface Permit {
  readonly bucket: Bucket;
  /** What decided: one grant that gives all of the actions where there is one, else one for each action. */
  readonly decided: readonly Grant[];
  /** All of the caller's grants on the bucket. */
  readonly grants: readonly Grant[];
}

/** What is asked for: every one of the actions, on one object or prefix. */
export interface RequestedRead {
  readonly bucket: string;
  readonly actions: readonly IamAction[];
  /** The object's key, or the prefix that is listed. */
  readonly subject: string;
}

/** Either a permit, or the first action that no grant of the caller's gives; undefined where it has none in the bucket. */
export type Decision = { readonly permit: Permit } | { readonly withheld: IamAction | undefined };

/** Also what is asked of a bucket that does not exist is only withheld: who may not read it is not told. */
export function decide(
  access: ReadonlyMap<string, Access>,
  { bucket, actions, subject }: RequestedRead,
): Decision {
  const own = access.get(bucket);
  if (own === undefined) return { withheld: undefined };
  const decided: Grant[] = [];
  for (const action of actions) {
    const reach = own.byAction.get(action);
    const grant = reach && grantReaching(reach, action, subject);
    if (grant === undefined) return { withheld: action };
    if (!decided.includes(grant)) decided.push(grant);
  }
  // A session policy holds one grant, however long its prefix (policy-size.ts); two may be too much for it.
  const alone = decided.length > 1 ? decided.find((grant) => givesAll(grant, actions)) : undefined;
  return {
    permit: { bucket: own.bucket, decided: alone === undefined ? decided : [alone], grants: own.grants },
  };
}

function givesAll({ allow }: Grant, actions: readonly IamAction[]): boolean {
  const given = iamActions(allow);
  return actions.every((action) => given.includes(action));
}

/** @throws Fault not_granted */
export function authorize(access: ReadonlyMap<string, Access>, asked: RequestedRead): Permit {
  const decision = decide(access, asked);
  if ('permit' in decision) return decision.permit;
  const { withheld } = decision;
  throw withheld === undefined ? new Fault('not_granted') : new Fault('not_granted', { action: withheld });
}

/** @param action says whether the subject is a key or a prefix */
export function grantReaching(reach: Reach, action: IamAction, subject: string): Grant | undefined {
  return isListAction(action) ? grantAbove(reach, subject) : grantOf(reach, subject);
}

function grantOf(reach: Reach, key: string): Grant | undefined {
  return reach.keys.get(key) ?? grantAbove(reach, key);
}

/** Prefixes end with '/', so only the places behind a '/' need looking up: `team/` never opens `team-secret/`. */
function grantAbove(reach: Reach, keyOrPrefix: string): Grant | undefined {
  if (reach.whole !== undefined) return reach.whole;
  if (reach.prefixes.size === 0) return undefined;
  for (let slash = keyOrPrefix.indexOf('/'); slash !== -1; slash = keyOrPrefix.indexOf('/', slash + 1)) {
    const grant = reach.prefixes.get(keyOrPrefix.slice(0, slash + 1));
    if (grant !== undefined) return grant;
  }
  return undefined;
}
