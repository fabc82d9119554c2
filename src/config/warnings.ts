// What is valid and yet hardly meant: entries that nothing uses, and grants that are written twice.
import type { Config } from '../config.ts';
import type { Problem } from './problem.ts';
import { showPath } from './show.ts';

/** Warnings of a valid configuration; they stop nothing. */
export function warningsOf({ roles, buckets, grants }: Config): readonly Problem[] {
  const usedRoles = new Set([...buckets.values()].map(({ role }) => role.name));
  const usedBuckets = new Set(grants.map(({ bucket }) => bucket));
  const unused = (
    section: string,
    names: Iterable<string>,
    used: ReadonlySet<string>,
    by: string,
  ): Problem[] =>
    [...names]
      .filter((name) => !used.has(name))
      .map((name) => ({
        field: showPath([section, name]),
        rule: `is used by no ${by}`,
        remedy: 'Remove it if it is not needed.',
      }));
  return [
    ...unused('roles', roles.keys(), usedRoles, 'bucket'),
    ...unused('buckets', buckets.keys(), usedBuckets, 'grant'),
    ...repeatedGrants(grants),
  ];
}

function repeatedGrants(grants: Config['grants']): Problem[] {
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
        remedy: 'Remove one of the two.',
      },
    ];
  });
}
