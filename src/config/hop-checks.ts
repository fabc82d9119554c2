// What the further hops of a role must keep to: STS's limits on role chaining, session tags, and what one hop hands to the next.
import { CALLER_TAG_KEYS, MAX_HOP_SECONDS, MAX_SESSION_TAGS } from './aws-limits.ts';
import { TAG_KEY } from './aws-names.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf, itemsOf } from './unchecked-values.ts';
import { quote } from './show.ts';
import { DURATION, readQuantity, showDuration } from './units.ts';

/** Everything that is wrong with the `then` of a raw role; paths begin below the role. */
export function checkHops(role: unknown): readonly Finding[] {
  const hops = itemsOf(fieldOf(role, 'then'));
  /** Transitive tags of the hops before, in lower case: a later one cannot set them anew. */
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
      rule: `must be at most ${showDuration(MAX_HOP_SECONDS)} if further hops follow, not ${quote(String(duration))}`,
      fix: 'STS limits a role that another role assumes to one hour. Lower it, or remove `then`.',
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
            rule: `must be at most ${room} tags, not ${own.length}`,
            fix: added.length > 0 ? 'Remove some; callerTags adds two.' : 'Remove some.',
          },
        ]
      : []),
    ...own
      .filter((key) => !TAG_KEY.test(key))
      .map((key) => ({ path: ['tags', key], rule: TAG_KEY.must, fix: 'Rename it.' })),
    ...checkRepeated(own, added),
    ...itemsOf(fieldOf(hop, 'transitiveTags')).flatMap((key, position) =>
      typeof key === 'string' && !all.includes(key)
        ? [
            {
              path: ['transitiveTags', position],
              rule: `must name one of the tags beside it, not ${quote(key)}`,
              fix: didYouMean(key, all, '`tags`'),
            },
          ]
        : [],
    ),
  ];
}

/** @param added that `callerTags` adds to them */
function checkRepeated(own: readonly string[], added: readonly string[]): Finding[] {
  const seen = new Map(added.map((key) => [key.toLowerCase(), `${key}, which callerTags adds`]));
  return own.flatMap((key) => {
    const other = seen.get(key.toLowerCase());
    seen.set(key.toLowerCase(), quote(key));
    if (other === undefined) return [];
    return [{ path: ['tags', key], rule: `must differ in more than case from ${other}`, fix: 'Rename it.' }];
  });
}

function checkTransitiveTags(hop: unknown, handedOn: ReadonlyMap<string, number>): Finding[] {
  return [...tagKeys(hop), ...callerTagKeys(hop)].flatMap((key) => {
    const earlier = handedOn.get(key.toLowerCase());
    if (earlier === undefined) return [];
    return [
      {
        path: tagKeys(hop).includes(key) ? ['tags', key] : ['callerTags'],
        rule: `must not set ${quote(key)} anew, which then[${earlier}] hands on as a transitive tag`,
        fix: 'A transitive tag holds for the rest of the chain: set it once.',
      },
    ];
  });
}
