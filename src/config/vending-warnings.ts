// Warns about grants of credentials that have no effect.
import { PERSON } from './google-names.ts';
import type { Problem } from './problem.ts';
import { showPath } from './show.ts';
import type { Config } from './types.ts';

/** Finds all of these warnings. */
export const findUselessVending = (config: Config): readonly Problem[] => [
  ...findRefusedVending(config),
  ...findVendingToPeople(config),
];

/**
 * Warns about grants of `vend` on a role whose session is not named after the caller. CloudTrail must be able to attribute each
 * use of vended credentials to a caller.
 */
function findRefusedVending({ buckets, grants }: Config): Problem[] {
  return grants.flatMap(({ allow, bucket }, position) => {
    const role = buckets.get(bucket)?.role;
    if (role?.session !== 'bridge' || !allow.includes('vend')) return [];
    return [
      {
        field: showPath(['grants', position, 'allow', allow.indexOf('vend')]),
        rule: `has no effect, because ${showPath(['roles', role.name, 'session'])} is \`bridge\`, and the bridge issues credentials only for sessions that are named after the caller`,
        fix: 'Set the `session` of the role to `caller`, or remove `vend`.',
      },
    ];
  });
}

/** Warns about `vend` for people. The console has no route for credentials, because a browser must not receive any. */
function findVendingToPeople({ grants }: Config): Problem[] {
  return grants.flatMap(({ allow, callers }, position) => {
    const people = callers.flatMap((caller) => (caller.kind === 'user' ? [`${PERSON}:${caller.email}`] : []));
    if (people.length === 0 || !allow.includes('vend')) return [];
    return [
      {
        field: showPath(['grants', position, 'allow', allow.indexOf('vend')]),
        rule: `has no effect for ${new Intl.ListFormat('en').format(people)}, because people use only the console, which issues no credentials`,
        fix: 'Remove `vend`, or name people in a grant of their own without it.',
      },
    ];
  });
}
