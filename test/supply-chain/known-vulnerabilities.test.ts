// The audit in CI parses npm's output, and requires an explanation that has not expired for each vulnerability. It
// distinguishes an audit without a result from an audit that found nothing.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unexplained, weaknessesIn } from './audit.ts';
import { tableOf } from './packages.ts';

// The output of `npm audit --json` in the format of npm 11.
const AUDIT = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: {
    'brace-expansion': {
      name: 'brace-expansion',
      severity: 'low',
      via: [
        {
          source: 1105444,
          name: 'brace-expansion',
          title: 'ReDoS',
          severity: 'low',
          url: 'https://github.com/advisories/GHSA-v6h2-p8h4-qcjw',
        },
      ],
    },
    minimatch: { name: 'minimatch', severity: 'low', via: ['brace-expansion'] },
  },
});
const [weakness] = weaknessesIn(AUDIT) ?? [];

describe('a vulnerability audit', () => {
  it('lists each vulnerability once, by its advisory', () => {
    assert.deepEqual(weaknessesIn(AUDIT), [
      { advisory: 'GHSA-v6h2-p8h4-qcjw', package: 'brace-expansion', severity: 'low', title: 'ReDoS' },
    ]);
    assert.deepEqual(weaknessesIn('{"auditReportVersion":2,"vulnerabilities":{}}'), []);
  });

  it('has no result if the registry sends an error or nothing', () => {
    assert.equal(weaknessesIn('{"message":"405 Method Not Allowed"}'), undefined);
    assert.equal(weaknessesIn(''), undefined);
  });

  it('accepts a vulnerability with an exemption until the exemption expires', () => {
    assert.ok(weakness);
    const rows = [['GHSA-v6h2-p8h4-qcjw', 'brace-expansion', 'Only in lint.', '2027-01-31']];
    assert.deepEqual(unexplained([weakness], rows, '2027-01-31'), []);
    assert.deepEqual(unexplained([weakness], rows, '2027-02-01'), [weakness]);
    assert.deepEqual(unexplained([weakness], [], '2027-01-31'), [weakness]);
    assert.deepEqual(unexplained([{ ...weakness, package: 'other' }], rows, '2027-01-31').length, 1);
  });
});

describe('the table of known vulnerabilities in docs/dependencies.md', () => {
  it('shows the advisory, package, reason and last day of each exemption', () => {
    const rows = tableOf('Known vulnerabilities').filter(([advisory]) => advisory !== 'none');
    for (const row of rows)
      assert.match(row.join('|'), /^GHSA(?:-\w{4}){3}\|[\w@/.-]+\|.{10,}\|\d{4}-\d\d-\d\d$/);
  });
});
