// Warns about valid settings that are probably mistakes: unused entries, repeated grants, sessions that STS may reject.
import type { CallerPattern, Config } from './types.ts';
import { findUnlikelyCallers } from './caller-warnings.ts';
import { findUnlikelyBudgets } from './budget-warnings.ts';
import { MAX_HOP_SECONDS } from './aws-limits.ts';
import type { Problem } from './problem.ts';
import { findUnlikelyKeys } from './scope-warnings.ts';
import { quote, showPath } from './show.ts';
import { showDuration } from './units.ts';
import { findUselessVending } from './vending-warnings.ts';

/** Finds the warnings for a valid configuration. Warnings do not prevent the bridge from starting. */
export function findWarnings(config: Config): readonly Problem[] {
  const { audiences, issuers, identity, roles, buckets, grants, budgets, operators } = config;
  const callers = [...grants.flatMap((grant) => grant.callers), ...operators];
  const usedRoles = new Set([...buckets.values()].map(({ role }) => role.name));
  const usedBuckets = new Set(grants.map(({ bucket }) => bucket));
  return [
    ...findUnused('roles', roles.keys(), { used: usedRoles, by: 'bucket' }),
    ...findUnused('buckets', buckets.keys(), { used: usedBuckets, by: 'grant' }),
    ...findUnusedIssuers(issuers, callers),
    ...findPeopleWithoutConsole(config),
    ...findRepeatedGrants(grants),
    ...findClosingSlashes(audiences),
    ...findDistantKeys(buckets),
    ...grants.flatMap(({ scope }, position) => findUnlikelyKeys(scope, ['grants', position])),
    ...grants.flatMap(({ callers }, position) =>
      findUnlikelyCallers(callers, ['grants', position, 'callers']),
    ),
    ...budgets.flatMap(({ callers }, position) =>
      findUnlikelyCallers(callers, ['budgets', position, 'callers']),
    ),
    ...findUnlikelyBudgets(budgets, grants),
    ...findUnlikelyCallers(operators, ['operators']),
    ...findUselessVending(config),
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
      rule: `is not used by any ${by}`,
      fix: 'Remove it if it is not needed.',
    }));
}

function findUnusedIssuers(issuers: Config['issuers'], callers: readonly CallerPattern[]): Problem[] {
  const used = new Set(callers.flatMap((caller) => (caller.kind === 'issued' ? [caller.issuer] : [])));
  return issuers.flatMap(({ name }, position) =>
    used.has(name)
      ? []
      : [
          {
            field: showPath(['issuers', position]),
            rule: `(${name}) is not used by any grant, but the bridge accepts its tokens`,
            fix: 'Remove it if it is not needed.',
          },
        ],
  );
}

/**
 * Warns about grants to people if there is no console. Such a grant then has no effect, because only the console accepts people.
 */
function findPeopleWithoutConsole({ console, grants }: Config): Problem[] {
  if (console !== undefined) return [];
  return grants.flatMap(({ callers }, position) =>
    callers.flatMap((caller, index) =>
      caller.kind === 'user'
        ? [
            {
              field: showPath(['grants', position, 'callers', index]),
              rule: `names the person ${caller.email}, but only the console accepts people, and \`console\` is not set`,
              fix: 'Set `console.audience` and run `fedbridge console`, or remove this caller.',
            },
          ]
        : [],
    ),
  );
}

/** Warns about audiences with a trailing slash. Audiences are compared exactly, and Cloud Run URLs have no trailing slash. */
function findClosingSlashes(audiences: Config['audiences']): Problem[] {
  return audiences
    .filter((audience) => audience.endsWith('/') && !audiences.includes(audience.slice(0, -1)))
    .map((audience) => ({
      field: 'audience',
      rule: `ends with a slash, so tokens for ${quote(audience.slice(0, -1))} are rejected`,
      fix: 'Remove the slash (also from FEDBRIDGE_AUDIENCE, if set), unless all callers request tokens for the audience with the slash.',
    }));
}

/**
 * Warns about KMS keys outside the bucket's region. S3 encrypts only with keys of the bucket's own region. A multi-Region key
 * has a separate ARN in each region.
 */
function findDistantKeys(buckets: Config['buckets']): Problem[] {
  return [...buckets].flatMap(([bucket, { region, kmsKeys }]) =>
    kmsKeys.flatMap((arn, position) => {
      const [, , , keyRegion = ''] = arn.split(':');
      if (region === undefined || keyRegion === region) return [];
      return {
        field: showPath(['buckets', bucket, 'kmsKeys', position]),
        rule: `is in ${keyRegion}, but the bucket is in ${region}, and S3 uses only keys in the bucket's region`,
        fix: "Correct the key's ARN or the bucket's region.",
      };
    }),
  );
}

/**
 * Warns about sessions that are too long for role chaining. If the profile itself assumes a role, each configured role is the
 * second role in a chain. This check does not read the profile's files, because they may change.
 */
function findLongSessions(roles: Config['roles']): Problem[] {
  const longest = showDuration(MAX_HOP_SECONDS);
  return [...roles.values()]
    .filter(({ durationSeconds }) => durationSeconds > MAX_HOP_SECONDS)
    .map(({ name }) => ({
      field: showPath(['roles', name, 'duration']),
      rule: `is longer than ${longest}, the maximum that STS allows if the AWS profile itself assumes a role`,
      fix: `Set it to ${longest} or less, unless the profile uses an IAM user's access keys.`,
    }));
}

function findRepeatedGrants(grants: Config['grants']): Problem[] {
  const first = new Map<string, number>();
  return grants.flatMap(({ callers, allow, bucket, scope }, position) => {
    // Two grants count as equal even if they list their callers or actions in a different order.
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
        rule: `repeats grants[${before}]`,
        fix: 'Remove one of the two grants.',
      },
    ];
  });
}
