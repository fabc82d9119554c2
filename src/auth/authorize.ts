// Decides from the grants whether a caller may do what it requests. Pure: no I/O, no state.
import type { Bucket, Grant } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { iamActions, isListAction } from '../policy/iam-actions.ts';
import type { IamAction } from '../policy/iam-actions.ts';
import type { Access, Reach } from './grants.ts';

/** A decision in the caller's favor. Only a permit names a role: without one there is nothing to federate. */
export interface Permit {
  readonly bucket: Bucket;
  /** The grants that decided: one that allows all of the actions if there is one, else one for each action. */
  readonly decided: readonly Grant[];
  /** All of the caller's grants on the bucket. */
  readonly grants: readonly Grant[];
}

/** All of the actions are needed, on one object or prefix. */
export interface RequestedRead {
  readonly bucket: string;
  readonly actions: readonly IamAction[];
  /** The object's key, or the prefix that is listed. */
  readonly subject: string;
}

/** Either a permit, or the first action that none of the caller's grants allows; undefined if it has no grants on the bucket. */
export type Decision = { readonly permit: Permit } | { readonly withheld: IamAction | undefined };

/** A missing bucket looks like a denied one, so that callers cannot probe for names. */
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
  // A session policy can hold any one grant (cli/read-config.ts); two may be too long.
  const single = decided.length > 1 ? decided.find((grant) => allowsAll(grant, actions)) : undefined;
  return {
    permit: { bucket: own.bucket, decided: single === undefined ? decided : [single], grants: own.grants },
  };
}

function allowsAll({ allow }: Grant, actions: readonly IamAction[]): boolean {
  const allowed = iamActions(allow);
  return actions.every((action) => allowed.includes(action));
}

/** @throws Fault not_granted */
export function authorize(access: ReadonlyMap<string, Access>, read: RequestedRead): Permit {
  const decision = decide(access, read);
  if ('permit' in decision) return decision.permit;
  const { withheld } = decision;
  throw withheld === undefined ? new Fault('not_granted') : new Fault('not_granted', { action: withheld });
}

/**
 * For a request that reads no object and shows no key. A grant to list decides if there is one.
 * @throws Fault not_granted
 */
export function permitOn(access: ReadonlyMap<string, Access>, bucket: string): Permit {
  const own = access.get(bucket);
  const [first] = own?.grants ?? [];
  if (own === undefined || first === undefined) throw new Fault('not_granted');
  const decided = own.grants.find(({ allow }) => iamActions(allow).includes('s3:ListBucket')) ?? first;
  return { bucket: own.bucket, decided: [decided], grants: own.grants };
}

/** @param action whether the subject is a key or a prefix depends on it */
export function grantReaching(reach: Reach, action: IamAction, subject: string): Grant | undefined {
  return isListAction(action) ? grantAbove(reach, subject) : grantOf(reach, subject);
}

function grantOf(reach: Reach, key: string): Grant | undefined {
  return reach.keys.get(key) ?? grantAbove(reach, key);
}

/** Prefixes end with '/', so only the text up to each '/' is looked up: `team/` never opens `team-secret/`. */
function grantAbove(reach: Reach, keyOrPrefix: string): Grant | undefined {
  if (reach.whole !== undefined) return reach.whole;
  if (reach.prefixes.size === 0) return undefined;
  for (let slash = keyOrPrefix.indexOf('/'); slash !== -1; slash = keyOrPrefix.indexOf('/', slash + 1)) {
    const grant = reach.prefixes.get(keyOrPrefix.slice(0, slash + 1));
    if (grant !== undefined) return grant;
  }
  return undefined;
}
