// Decides, from grants alone, whether a caller may do what it asks. Pure: asks nobody, changes nothing.
import type { Action, Bucket, Grant } from '../config.ts';
import { Fault } from '../fault.ts';
import type { Access, Reach } from './grants.ts';

/** A decision in the caller's favour. Only this can name a role: without it there is nothing to federate. */
export interface Permit {
  readonly bucket: Bucket;
  /** The grant that decided. */
  readonly grant: Grant;
  /** All of the caller's grants on the bucket. */
  readonly grants: readonly Grant[];
}

/**
 * @param subject the object's key, or for `list` the prefix that is listed
 * @throws Fault not_granted, also where the bucket does not exist: who may not read it is not told
 */
export function authorize(
  access: ReadonlyMap<string, Access>,
  bucketName: string,
  action: Action,
  subject: string,
): Permit {
  const own = access.get(bucketName);
  const reach = own?.byAction.get(action);
  const grant = reach && (action === 'list' ? grantAbove(reach, subject) : grantOf(reach, subject));
  if (own === undefined || grant === undefined) throw new Fault('not_granted');
  return { bucket: own.bucket, grant, grants: own.grants };
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
