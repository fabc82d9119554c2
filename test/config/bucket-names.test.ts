// Bucket names that the configuration accepts and rejects.
import { describe, it } from 'node:test';
import { assertOneProblem, problemsWith } from './sample.ts';

describe('a bucket name', () => {
  for (const [why, name] of [
    ['has capitals', 'Acme-Lake'],
    ['has an underscore', 'acme_lake'],
    ['is too short', 'ab'],
    ['is too long', 'a'.repeat(64)],
    ['begins with a hyphen', '-acme'],
    ['ends with a dot', 'acme.'],
    ['has two dots', 'acme..lake'],
    ['is an IP address', '192.168.5.4'],
    ['begins like an internationalized name', 'xn--acme'],
    ['begins with sthree-', 'sthree-acme'],
    ['ends like an access point alias', 'acme-s3alias'],
    ['ends like a directory bucket', 'acme--use1-az4--x-s3'],
    ['ends like a multi-Region access point', 'acme.mrap'],
  ] as const) {
    it(`is rejected if it ${why}`, () => {
      const problems = problemsWith([`buckets ${name}`, { role: 'lake' }]);
      assertOneProblem(problems, /^buckets\..*: must be a bucket name: 3 to 63/);
    });
  }
});

it("the error for a directory bucket's name does not suggest `target`, because directory buckets are unsupported", () => {
  assertOneProblem(
    problemsWith(['buckets acme--use1-az4--x-s3', { role: 'lake' }]),
    /^buckets\..*: must be a bucket name: .* A directory bucket \(--x-s3\) is not accepted, /,
  );
});
