// What a grant says about itself as a whole, and about the buckets: works on raw values, as cross-checks.ts does.
import { didYouMean } from './did-you-mean.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf, isMap, itemsOf } from './unchecked-values.ts';
import { quote } from './show.ts';

/** Everything that is wrong with grants beyond their single fields. */
export function checkGrants(raw: unknown): Finding[] {
  const buckets = fieldOf(raw, 'buckets');
  const names = entriesOf(buckets).map(([name]) => name);
  const known = new Set(names);
  return itemsOf(fieldOf(raw, 'grants')).flatMap((grant, position) => {
    const findings = [...checkScope(grant), ...checkAttributes(grant), ...checkRepeats(grant)];
    const bucket = fieldOf(grant, 'bucket');
    if (isMap(buckets) && typeof bucket === 'string' && bucket !== '' && !known.has(bucket)) {
      findings.push({
        path: ['bucket'],
        rule: `must be the name of a bucket under buckets, not ${quote(bucket)}`,
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
      rule: 'must not stand beside prefix',
      fix: 'Keep one of the two, and make another grant for the other.',
    });
  }
  const allow = itemsOf(fieldOf(grant, 'allow'));
  if (allow.includes('list')) {
    findings.push({
      path: ['allow', allow.indexOf('list')],
      rule: 'must not be list where the grant is for one key',
      fix: 'Remove it, or grant a prefix: S3 lists by prefix alone.',
    });
  }
  return findings;
}

/** S3 asks for both rights (S3 API Reference, GetObjectAttributes). */
function checkAttributes(grant: unknown): Finding[] {
  const allow = itemsOf(fieldOf(grant, 'allow'));
  if (!allow.includes('attributes') || allow.includes('get')) return [];
  return [
    {
      path: ['allow', allow.indexOf('attributes')],
      rule: 'must stand beside get, as S3 asks for both rights',
      fix: 'Add get to the list.',
    },
  ];
}

function checkRepeats(grant: unknown): Finding[] {
  const allow = itemsOf(fieldOf(grant, 'allow'));
  return allow.flatMap((action, position) =>
    typeof action === 'string' && allow.indexOf(action) < position
      ? [{ path: ['allow', position], rule: `must not repeat ${quote(action)}`, fix: 'Remove it.' }]
      : [],
  );
}
