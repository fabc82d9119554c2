// An index of the configuration's grants that finds a caller's access in constant time, however many grants there are.
import { PERSON, projectInEmail } from '../config/google-names.ts';
import type { Bucket, CallerPattern, Grant } from '../config/types.ts';
import { iamActions } from '../policy/iam-actions.ts';
import type { IamAction } from '../policy/iam-actions.ts';
import type { Caller } from './caller.ts';

/** The access of one caller to one bucket. */
export interface Access {
  readonly bucket: Bucket;
  /** All of this caller's grants on the bucket, in the configuration's order. */
  readonly grants: readonly Grant[];
  readonly byAction: ReadonlyMap<IamAction, Reach>;
}

/** The grants that allow one action, grouped by scope. */
export interface Reach {
  readonly whole: Grant | undefined;
  /** The grants with a prefix, by that prefix; each prefix ends with '/'. */
  readonly prefixes: ReadonlyMap<string, Grant>;
  /** Returns the prefixes in the order in which S3 lists them. They are sorted only once, on first use. */
  sortedPrefixes(): readonly string[];
  readonly keys: ReadonlyMap<string, Grant>;
}

export type AccessOf = (caller: Caller) => ReadonlyMap<string, Access>;

/**
 * Returns a project as it appears in emails: a domain-scoped project such as `example.com:name` appears as `name.example.com`.
 */
const projectAsInEmail = (project: string): string => project.split(':').reverse().join('.');

/**
 * @returns a function that returns a caller's access by bucket name, and caches the result for the lifetime of the caller
 * object
 */
export function grantIndex(grants: readonly Grant[], buckets: ReadonlyMap<string, Bucket>): AccessOf {
  const byPattern = new Map<string, number[]>();
  grants.forEach((grant, position) => {
    for (const pattern of grant.callers) {
      const key = patternKey(pattern);
      const positions = byPattern.get(key);
      if (positions === undefined) byPattern.set(key, [position]);
      else positions.push(position);
    }
  });
  const known = new WeakMap<Caller, ReadonlyMap<string, Access>>();
  return (caller) => {
    let access = known.get(caller);
    if (access === undefined) {
      const matching = new Set(callerKeys(caller).flatMap((key) => byPattern.get(key) ?? []));
      const own = [...matching].sort((a, b) => a - b).flatMap((position) => grants[position] ?? []);
      access = accessByBucket(own, buckets);
      known.set(caller, access);
    }
    return access;
  };
}

/** Finds the patterns that match the caller. Scans the whole list, so it suits only short lists. */
export function matchingPatterns(caller: Caller, patterns: readonly CallerPattern[]): CallerPattern[] {
  const keys = callerKeys(caller);
  return patterns.filter((pattern) => keys.includes(patternKey(pattern)));
}

// Returns a key for the pattern. JSON quotes each part of the pattern, so that different patterns always have different keys.
function patternKey(pattern: CallerPattern): string {
  switch (pattern.kind) {
    case 'email':
      return JSON.stringify(['email', pattern.email]);
    case 'id':
      return JSON.stringify(['id', pattern.uniqueId]);
    case 'email-and-id':
      return JSON.stringify(['both', pattern.email, pattern.uniqueId]);
    case 'project':
      return JSON.stringify(['project', projectAsInEmail(pattern.project)]);
    case 'user':
      return JSON.stringify(['issued', PERSON, `${PERSON}:${pattern.email}`]);
    case 'issued':
      return JSON.stringify(['issued', pattern.issuer, `${pattern.issuer}:${pattern.subject}`]);
  }
}

/**
 * Returns the keys of all patterns that match the caller. Only a Google caller can match by email or unique ID, whatever
 * another issuer's token claims.
 */
function callerKeys({ subject, issuer, email }: Caller): string[] {
  if (issuer !== undefined) return [JSON.stringify(['issued', issuer, subject])];
  const keys = [JSON.stringify(['id', subject])];
  if (email !== undefined) {
    keys.push(JSON.stringify(['email', email]), JSON.stringify(['both', email, subject]));
    const project = projectInEmail(email);
    if (project !== undefined) keys.push(JSON.stringify(['project', project]));
  }
  return keys;
}

function accessByBucket(
  grants: readonly Grant[],
  buckets: ReadonlyMap<string, Bucket>,
): ReadonlyMap<string, Access> {
  const access = new Map<string, Access>();
  for (const [name, own] of Map.groupBy(grants, (grant) => grant.bucket)) {
    const bucket = buckets.get(name);
    if (bucket !== undefined) access.set(name, { bucket, grants: own, byAction: reachByAction(own) });
  }
  return access;
}

function reachByAction(grants: readonly Grant[]): ReadonlyMap<IamAction, Reach> {
  const rights = grants.map((grant) => ({ grant, actions: iamActions(grant.allow) }));
  const actions = new Set(rights.flatMap((right) => right.actions));
  return new Map(
    [...actions].map((action) => [
      action,
      reachOf(rights.filter((right) => right.actions.includes(action)).map(({ grant }) => grant)),
    ]),
  );
}

function reachOf(grants: readonly Grant[]): Reach {
  const prefixes = new Map<string, Grant>();
  const keys = new Map<string, Grant>();
  let whole: Grant | undefined;
  for (const grant of grants) {
    const { scope } = grant;
    if (scope.kind === 'bucket') whole ??= grant;
    else if (scope.kind === 'prefix') prefixes.set(scope.prefix, prefixes.get(scope.prefix) ?? grant);
    else keys.set(scope.key, keys.get(scope.key) ?? grant);
  }
  let sorted: readonly string[] | undefined;
  return { whole, prefixes, keys, sortedPrefixes: () => (sorted ??= [...prefixes.keys()].sort(byBytes)) };
}

/**
 * Compares keys in the order in which S3 lists them: by their UTF-8 bytes. The keys are not encoded for this comparison,
 * because the order of UTF-16 differs from that of UTF-8 only for surrogates, which UTF-16 sorts before U+E000.
 */
export function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);
