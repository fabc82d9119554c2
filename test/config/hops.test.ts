// What a role's further hops may say, checked although they are not built yet.
import { describe, it } from 'node:test';
import { assertOneProblem, problemsWith } from './sample.ts';

const ARN = 'arn:aws:iam::210987654321:role/lake-data';

describe('tags of a further hop', () => {
  const problemsOfHop = (hop: object) =>
    problemsWith(['roles lake then', [{ arn: ARN, ...hop }]]).filter(
      (problem) => !problem.includes('not built yet'),
    );
  const tags = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, '']));

  for (const [claim, hop, problem] of [
    ['are at most 50', { tags: tags(51) }, /^roles\.lake\.then\[0\]\.tags: must be at most 50 tags, not 51/],
    [
      "leave room for the caller's",
      { tags: tags(49), callerTags: true },
      /\.tags: must be at most 48 tags, not 49/,
    ],
    [
      'have keys of at most 128 characters',
      { tags: { ['k'.repeat(129)]: '' } },
      /\.tags\..*must be a session tag key/,
    ],
    ['have no reserved key', { tags: { 'AWS:x': '' } }, /not beginning with "aws:"/],
    [
      'have values of at most 256 characters',
      { tags: { a: 'v'.repeat(257) } },
      /\.tags\.a: must be a session tag value/,
    ],
    ['are texts', { tags: { a: 5 } }, /\.tags\.a: .*Quote it/],
    [
      'exist where they are transitive',
      { tags: { team: 'x' }, transitiveTags: ['teams'] },
      /\.transitiveTags\[0\]: .*"teams"\. Did you mean "team"\?/,
    ],
    [
      'have an externalId that is not repeated',
      { externalId: 's' },
      /\.externalId: .*not the value given \(a secret, not shown\)/,
    ],
  ] as const) {
    it(claim, () => {
      assertOneProblem(problemsOfHop(hop), problem);
    });
  }
});
