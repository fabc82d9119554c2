// Checks chained roles: STS's limits on role chaining, session tags, and the tags that one hop passes to the next.
import { CALLER_TAG_KEYS, MAX_HOP_SECONDS, MAX_SESSION_TAGS } from './aws-limits.ts';
import { TAG_KEY } from './aws-names.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf, itemsOf } from './unchecked-values.ts';
import { quote } from './show.ts';
import { DURATION, readQuantity, showDuration } from './units.ts';

/**
 * Finds every problem with a role's `then` list. The role is not validated yet, and the problems' paths are relative to the
 * role.
 */
export function checkHops(role: unknown): readonly Finding[] {
  const hops = itemsOf(fieldOf(role, 'then'));
  /** Transitive tags of earlier hops, in lower case; later hops cannot set them again. */
  const transitive = new Map<string, number>();
  return [
    ...(hops.length > 0 ? checkDuration(fieldOf(role, 'duration')) : []),
    ...hops.flatMap((hop, position) => {
      const findings = [...checkTags(hop), ...checkTransitiveTags(hop, transitive)];
      for (const key of itemsOf(fieldOf(hop, 'transitiveTags')))
        if (typeof key === 'string') transitive.set(key.toLowerCase(), position);
      return findings.map((finding) => ({ ...finding, path: ['then', position, ...finding.path] }));
    }),
  ];
}

function checkDuration(duration: unknown): Finding[] {
  const seconds = typeof duration === 'string' ? readQuantity(duration, DURATION) : undefined;
  if (seconds === undefined || seconds <= MAX_HOP_SECONDS) return [];
  return [
    {
      path: ['duration'],
      rule: `must be at most ${showDuration(MAX_HOP_SECONDS)} for a role with chained roles, not ${quote(String(duration))}`,
      fix: 'Lower the duration, or remove `then`: STS limits sessions to one hour if one role assumes another.',
    },
  ];
}

const tagKeys = (hop: unknown): string[] => entriesOf(fieldOf(hop, 'tags')).map(([key]) => key);

const callerTagKeys = (hop: unknown): readonly string[] =>
  fieldOf(hop, 'callerTags') === true ? CALLER_TAG_KEYS : [];

function checkTags(hop: unknown): Finding[] {
  const own = tagKeys(hop);
  const added = callerTagKeys(hop);
  const all = [...own, ...added];
  const room = MAX_SESSION_TAGS - added.length;
  const tooMany = own.length > room;
  return [
    ...(tooMany
      ? [
          {
            path: ['tags'],
            rule: `must have at most ${room} tags, not ${own.length}`,
            fix:
              added.length > 0
                ? 'Remove some tags. The two tags that callerTags adds also count.'
                : 'Remove some tags.',
          },
        ]
      : []),
    ...own
      .filter((key) => !TAG_KEY.test(key))
      .map((key) => ({ path: ['tags', key], rule: TAG_KEY.must, fix: 'Rename the tag.' })),
    ...checkRepeated(own, added),
    ...itemsOf(fieldOf(hop, 'transitiveTags')).flatMap((key, position) =>
      typeof key === 'string' && !all.includes(key)
        ? [
            {
              path: ['transitiveTags', position],
              rule: `must be the key of a tag of the same chained role, not ${quote(key)}`,
              fix: didYouMean(key, all, '`tags`'),
            },
          ]
        : [],
    ),
  ];
}

/** @param added the keys that `callerTags` adds */
function checkRepeated(own: readonly string[], added: readonly string[]): Finding[] {
  const seen = new Map(added.map((key) => [key.toLowerCase(), `${key}, which callerTags adds`]));
  return own.flatMap((key) => {
    const other = seen.get(key.toLowerCase());
    seen.set(key.toLowerCase(), quote(key));
    if (other === undefined) return [];
    return [
      {
        path: ['tags', key],
        rule: `duplicates ${other}: session tag keys are not case-sensitive`,
        fix: 'Rename the tag.',
      },
    ];
  });
}

function checkTransitiveTags(hop: unknown, inherited: ReadonlyMap<string, number>): Finding[] {
  return [...tagKeys(hop), ...callerTagKeys(hop)].flatMap((key) => {
    const earlier = inherited.get(key.toLowerCase());
    if (earlier === undefined) return [];
    return [
      {
        path: tagKeys(hop).includes(key) ? ['tags', key] : ['callerTags'],
        rule: `must not set ${quote(key)} again, because then[${earlier}] passes it on as a transitive tag`,
        fix: 'Set the tag only once: a transitive tag applies to the rest of the chain.',
      },
    ];
  });
}
