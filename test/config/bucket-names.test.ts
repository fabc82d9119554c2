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
  ] as const) {
    it(why, () => {
      const problems = problemsWith([`buckets ${name}`, { role: 'lake' }]);
      assertOneProblem(problems, /^buckets\..*: must be a bucket name: 3 to 63/);
    });
  }
});
