// The audit of CI: what npm says is understood, each weakness needs an explanation that has not run out, and no answer is no pass.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unexplained, weaknessesIn } from './audit.ts';
import { tableOf } from './packages.ts';

// As npm 11 prints it.
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

describe('an audit', () => {
  it('names each weakness once, by its advisory', () => {
    assert.deepEqual(weaknessesIn(AUDIT), [
      { advisory: 'GHSA-v6h2-p8h4-qcjw', package: 'brace-expansion', severity: 'low', title: 'ReDoS' },
    ]);
    assert.deepEqual(weaknessesIn('{"auditReportVersion":2,"vulnerabilities":{}}'), []);
  });

  it('that the registry did not give is none', () => {
    assert.equal(weaknessesIn('{"message":"405 Method Not Allowed"}'), undefined);
    assert.equal(weaknessesIn(''), undefined);
  });

  it('is passed by what is explained, until the last day of that', () => {
    assert.ok(weakness);
    const rows = [['GHSA-v6h2-p8h4-qcjw', 'brace-expansion', 'Only in lint.', '2027-01-31']];
    assert.deepEqual(unexplained([weakness], rows, '2027-01-31'), []);
    assert.deepEqual(unexplained([weakness], rows, '2027-02-01'), [weakness]);
    assert.deepEqual(unexplained([weakness], [], '2027-01-31'), [weakness]);
    assert.deepEqual(unexplained([{ ...weakness, package: 'other' }], rows, '2027-01-31').length, 1);
  });
});

describe('the page’s table of known weaknesses', () => {
  it('says of each its advisory, package, reason and last day', () => {
    const rows = tableOf('Known weaknesses').filter(([advisory]) => advisory !== 'none');
    for (const row of rows)
      assert.match(row.join('|'), /^GHSA(?:-\w{4}){3}\|[\w@/.-]+\|.{10,}\|\d{4}-\d\d-\d\d$/);
  });
});
