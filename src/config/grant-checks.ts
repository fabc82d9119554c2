// Checks each grant as a whole, and checks that its bucket exists. Works on raw values, like cross-checks.ts.
import { didYouMean } from './did-you-mean.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf, isMap, itemsOf } from './unchecked-values.ts';
import { quote } from './show.ts';

/** Finds every problem in the grants that cannot be detected from a single field. */
export function checkGrants(raw: unknown): Finding[] {
  const buckets = fieldOf(raw, 'buckets');
  const names = entriesOf(buckets).map(([name]) => name);
  const known = new Set(names);
  return itemsOf(fieldOf(raw, 'grants')).flatMap((grant, position) => {
    const findings = [
      ...checkScope(grant),
      ...checkAttributes(grant),
      ...checkVend(grant),
      ...checkRepeats(grant),
    ];
    const bucket = fieldOf(grant, 'bucket');
    if (isMap(buckets) && typeof bucket === 'string' && bucket !== '' && !known.has(bucket)) {
      findings.push({
        path: ['bucket'],
        rule: `must be the name of a bucket under \`buckets\`, not ${quote(bucket)}`,
        fix: didYouMean(bucket, names, '`buckets`'),
      });
    }
    return findings.map((finding) => ({ ...finding, path: ['grants', position, ...finding.path] }));
  });
}

function checkScope(grant: unknown): Finding[] {
  const key = fieldOf(grant, 'key');
  if (key === undefined) return [];
  const findings: Finding[] = [];
  if (fieldOf(grant, 'prefix') !== undefined) {
    findings.push({
      path: ['key'],
      rule: 'cannot be combined with prefix',
      fix: 'Keep either `key` or `prefix`, and add a separate grant for the other.',
    });
  }
  const allow = itemsOf(fieldOf(grant, 'allow'));
  if (allow.includes('list')) {
    findings.push({
      path: ['allow', allow.indexOf('list')],
      rule: 'must not contain `list` if the grant is for one key',
      fix: 'Remove `list`, or grant a prefix: S3 can list only by prefix.',
    });
  }
  return findings;
}

/**
 * Checks that a grant of `attributes` includes `get`, because S3 requires both permissions for reading an object's attributes (S3
 * API Reference, GetObjectAttributes).
 */
function checkAttributes(grant: unknown): Finding[] {
  const allow = itemsOf(fieldOf(grant, 'allow'));
  if (!allow.includes('attributes') || allow.includes('get')) return [];
  return [
    {
      path: ['allow', allow.indexOf('attributes')],
      rule: 'requires `get` as well, because S3 checks both permissions',
      fix: 'Add `get` to `allow`.',
    },
  ];
}

/**
 * Checks that a grant of `vend` includes another action: vended credentials allow only the grant's other actions, so `vend` on
 * its own would allow nothing.
 */
function checkVend(grant: unknown): Finding[] {
  const allow = itemsOf(fieldOf(grant, 'allow'));
  if (!allow.includes('vend') || allow.some((action) => action !== 'vend')) return [];
  return [
    {
      path: ['allow', allow.indexOf('vend')],
      rule: 'requires another action as well, because the credentials allow only the other actions in the same list',
      fix: 'Add the actions that the credentials should allow, such as `get`, to `allow`.',
    },
  ];
}

function checkRepeats(grant: unknown): Finding[] {
  const allow = itemsOf(fieldOf(grant, 'allow'));
  return allow.flatMap((action, position) =>
    typeof action === 'string' && allow.indexOf(action) < position
      ? [
          {
            path: ['allow', position],
            rule: `must not repeat ${quote(action)}`,
            fix: 'Remove the repetition.',
          },
        ]
      : [],
  );
}
