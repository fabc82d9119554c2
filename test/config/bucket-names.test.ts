// Which names callers may use for a bucket.
import { describe, it } from 'node:test';
import { assertOneProblem, problemsWith } from './sample.ts';

describe('the name of a bucket is refused where it', () => {
  for (const [why, name] of [
    ['has capitals', 'Acme-Lake'],
    ['has an underscore', 'acme_lake'],
    ['is too short', 'ab'],
    ['is too long', 'a'.repeat(64)],
    ['begins with a hyphen', '-acme'],
    ['ends with a dot', 'acme.'],
    ['has two dots', 'acme..lake'],
    ['is an IP address', '192.168.5.4'],
    ['begins as an internationalised name', 'xn--acme'],
    ['begins with sthree-', 'sthree-acme'],
    ['ends as an alias', 'acme-s3alias'],
    ['ends as a directory bucket', 'acme--use1-az4--x-s3'],
    ['ends as a multi-Region access point', 'acme.mrap'],
  ] as const) {
    it(why, () => {
      const problems = problemsWith([`buckets ${name}`, { role: 'lake' }]);
      assertOneProblem(problems, /^buckets\..*: must be a bucket name: 3 to 63/);
    });
  }
});

it('the problem of a name that S3 keeps for something that the bridge cannot read says so, not that target takes it', () => {
  assertOneProblem(
    problemsWith(['buckets acme--use1-az4--x-s3', { role: 'lake' }]),
    /^buckets\..*: must be a bucket name: .* A directory bucket \(--x-s3\) is not accepted, /,
  );
});
