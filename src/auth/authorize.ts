// Decides from the grants whether a request is allowed. The functions are pure: they perform no I/O and keep no state.
import type { Bucket, Grant } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { iamActions } from '../policy/iam-actions.ts';
import type { IamAction } from '../policy/iam-actions.ts';
import type { Access, Reach } from './grants.ts';

/** A decision that allows a request. Only a permit names a role, so no role can be assumed without a permit. */
export interface Permit {
  readonly bucket: Bucket;
  /**
   * The grants that allow the request: a single grant if it allows all requested actions, otherwise the first grant for each
   * action.
   */
  readonly decided: readonly Grant[];
  /** All of the caller's grants on the bucket. */
  readonly grants: readonly Grant[];
}

/** A request for one object or prefix; it is allowed only if the caller may perform every action in `actions`. */
export interface RequestedRead {
  readonly kind: 'object' | 'list';
  readonly bucket: string;
  readonly actions: readonly IamAction[];
  /** The key of the object, or the prefix of the list request. */
  readonly subject: string;
}

/**
 * Either a permit or a denial. In a denial, `withheld` is the first action that none of the caller's grants allows; it is
 * undefined if the caller has no grants on the bucket.
 */
export type Decision = { readonly permit: Permit } | { readonly withheld: IamAction | undefined };

/** Denies a missing bucket in the same way as a bucket without grants, so that callers cannot probe for bucket names. */
export function decide(
  access: ReadonlyMap<string, Access>,
  { kind, bucket, actions, subject }: RequestedRead,
): Decision {
  const own = access.get(bucket);
  if (own === undefined) return { withheld: undefined };
  const decided: Grant[] = [];
  for (const action of actions) {
    const reach = own.byAction.get(action);
    const grant = reach && grantReaching(reach, kind, subject);
    if (grant === undefined) return { withheld: action };
    if (!decided.includes(grant)) decided.push(grant);
  }
  // Prefers a single grant that allows all actions. Each grant fits in a session policy (cli/read-config.ts checks this), but
  // the policy for two grants may be too long.
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
 * Authorizes a request that reads no object and reveals no key. Prefers a grant that allows `list`.
 * @throws Fault not_granted
 */
export function permitOn(access: ReadonlyMap<string, Access>, bucket: string): Permit {
  const own = access.get(bucket);
  const [first] = own?.grants ?? [];
  if (own === undefined || first === undefined) throw new Fault('not_granted');
  const decided = own.grants.find(({ allow }) => iamActions(allow).includes('s3:ListBucket')) ?? first;
  return { bucket: own.bucket, decided: [decided], grants: own.grants };
}

/** @param kind whether the subject is a key or the prefix of a list request */
export function grantReaching(reach: Reach, kind: RequestedRead['kind'], subject: string): Grant | undefined {
  return (kind === 'object' ? reach.keys.get(subject) : undefined) ?? grantAbove(reach, subject);
}

/**
 * Finds a grant on the whole bucket, or on a prefix of the key or prefix. Only prefixes that end with '/' are looked up,
 * because all granted prefixes end with '/': a grant on `team/` never covers `team-secret/`.
 */
function grantAbove(reach: Reach, keyOrPrefix: string): Grant | undefined {
  if (reach.whole !== undefined) return reach.whole;
  if (reach.prefixes.size === 0) return undefined;
  for (let slash = keyOrPrefix.indexOf('/'); slash !== -1; slash = keyOrPrefix.indexOf('/', slash + 1)) {
    const grant = reach.prefixes.get(keyOrPrefix.slice(0, slash + 1));
    if (grant !== undefined) return grant;
  }
  return undefined;
}
