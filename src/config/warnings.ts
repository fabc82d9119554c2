// What is valid and yet hardly meant: entries that nothing uses, grants that are written twice, sessions that STS may refuse.
import { isServiceAccount } from './google-names.ts';
import type { CallerPattern, Config } from './types.ts';
import { MAX_HOP_SECONDS } from './aws-limits.ts';
import type { Problem } from './problem.ts';
import { type Path, showPath } from './show.ts';
import { showDuration } from './units.ts';

/** Warnings of a valid configuration; they stop nothing. */
export function findWarnings({ identity, roles, buckets, grants, operators }: Config): readonly Problem[] {
  const usedRoles = new Set([...buckets.values()].map(({ role }) => role.name));
  const usedBuckets = new Set(grants.map(({ bucket }) => bucket));
  return [
    ...findUnused('roles', roles.keys(), { used: usedRoles, by: 'bucket' }),
    ...findUnused('buckets', buckets.keys(), { used: usedBuckets, by: 'grant' }),
    ...findRepeatedGrants(grants),
    ...findLeadingSlashes(grants),
    ...grants.flatMap(({ callers }, position) => findPeople(callers, ['grants', position, 'callers'])),
    ...findPeople(operators, ['operators']),
    ...(identity.kind === 'profile' ? findLongSessions(roles) : []),
  ];
}

function findUnused(
  section: string,
  names: Iterable<string>,
  { used, by }: { readonly used: ReadonlySet<string>; readonly by: string },
): Problem[] {
  return [...names]
    .filter((name) => !used.has(name))
    .map((name) => ({
      field: showPath([section, name]),
      rule: `is used by no ${by}`,
      fix: 'Remove it if it is not needed.',
    }));
}

/** A profile's own role makes each of these the second of a chain; whether it has one stands in files that may change. */
function findLongSessions(roles: Config['roles']): Problem[] {
  const longest = showDuration(MAX_HOP_SECONDS);
  return [...roles.values()]
    .filter(({ durationSeconds }) => durationSeconds > MAX_HOP_SECONDS)
    .map(({ name }) => ({
      field: showPath(['roles', name, 'duration']),
      rule: `is rejected by STS above ${longest} if the AWS profile has a role_arn or gives a role's credentials in another way`,
      fix: `Write ${longest} or less, unless the profile has the keys of a user.`,
    }));
}

/** S3 has such keys; who grants them has nearly always put the slash of a path or a URL there. */
function findLeadingSlashes(grants: Config['grants']): Problem[] {
  return grants.flatMap(({ scope }, position) => {
    const [form, subject] =
      scope.kind === 'key' ? ['key', scope.key] : ['prefix', scope.kind === 'prefix' ? scope.prefix : ''];
    if (!subject.startsWith('/')) return [];
    return [
      {
        field: showPath(['grants', position, form]),
        rule: 'begins with a slash, which keys in S3 seldom do',
        fix: `Leave it out, in FEDBRIDGE_PREFIX as well, unless the keys that \`aws s3 ls\` shows begin with one.`,
      },
    ];
  });
}

/** A unique ID does not show whether it is a person's. */
function findPeople(callers: readonly CallerPattern[], path: Path): Problem[] {
  return callers.flatMap((caller, position) => {
    if (!('email' in caller) || isServiceAccount(caller.email)) return [];
    return [
      {
        field: showPath([...path, position]),
        rule: `names ${caller.email}, which is not a service account: any OAuth client obtains ID tokens of the people who sign in to it, and none for an audience of this bridge's own`,
        fix: 'Grant a service account, and let the person impersonate it.',
      },
    ];
  });
}

function findRepeatedGrants(grants: Config['grants']): Problem[] {
  const first = new Map<string, number>();
  return grants.flatMap(({ callers, allow, bucket, scope }, position) => {
    // Order means nothing in either list.
    const parts = [callers.map((caller) => JSON.stringify(caller)).sort(), [...allow].sort(), bucket, scope];
    const text = JSON.stringify(parts);
    const before = first.get(text);
    if (before === undefined) {
      first.set(text, position);
      return [];
    }
    return [
      {
        field: showPath(['grants', position]),
        rule: `says the same as grants[${before}]`,
        fix: 'Remove one of the two.',
      },
    ];
  });
}
