// What is valid and yet hardly meant: entries that nothing uses, grants that are written twice, sessions that STS may refuse.
import type { Config } from './types.ts';
import { findUnlikelyCallers } from './caller-warnings.ts';
import { MAX_HOP_SECONDS } from './aws-limits.ts';
import type { Problem } from './problem.ts';
import { findUnlikelyKeys } from './scope-warnings.ts';
import { quote, showPath } from './show.ts';
import { showDuration } from './units.ts';

/** Warnings of a valid configuration; they stop nothing. */
export function findWarnings(config: Config): readonly Problem[] {
  const { audiences, identity, roles, buckets, grants, operators } = config;
  const usedRoles = new Set([...buckets.values()].map(({ role }) => role.name));
  const usedBuckets = new Set(grants.map(({ bucket }) => bucket));
  return [
    ...findUnused('roles', roles.keys(), { used: usedRoles, by: 'bucket' }),
    ...findUnused('buckets', buckets.keys(), { used: usedBuckets, by: 'grant' }),
    ...findRepeatedGrants(grants),
    ...findClosingSlashes(audiences),
    ...grants.flatMap(({ scope }, position) => findUnlikelyKeys(scope, ['grants', position])),
    ...grants.flatMap(({ callers }, position) =>
      findUnlikelyCallers(callers, ['grants', position, 'callers']),
    ),
    ...findUnlikelyCallers(operators, ['operators']),
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

/** Audiences are compared exactly, and Cloud Run's own URLs have no slash there. */
function findClosingSlashes(audiences: Config['audiences']): Problem[] {
  return audiences
    .filter((audience) => audience.endsWith('/') && !audiences.includes(audience.slice(0, -1)))
    .map((audience) => ({
      field: 'audience',
      rule: `ends with a slash, which counts: tokens for ${quote(audience.slice(0, -1))} are rejected`,
      fix: 'Remove the slash, in FEDBRIDGE_AUDIENCE as well, unless all callers obtain tokens with it.',
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
