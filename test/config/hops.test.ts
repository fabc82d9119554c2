// What a role's further hops may say: how long they last, their tags, and what one hop hands on to the next.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CALLER_TAG_KEYS } from '../../src/config/aws-limits.ts';
import { assertOneProblem, configWith, problemsWith } from './sample.ts';

const ARN = 'arn:aws:iam::210987654321:role/lake-data';
const VAULT = 'arn:aws:iam::345678901234:role/vault';

const problemsOfHops = (...hops: readonly object[]): readonly string[] =>
  problemsWith(['roles lake then', hops.map((hop, i) => ({ arn: i === 0 ? ARN : VAULT, ...hop }))]);

const tags = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, '']));

describe('a role with further hops', () => {
  const then = [{ arn: ARN }];

  it('lasts an hour at most, as STS gives no more to a role that another one assumes', () => {
    for (const duration of ['3601s', '12h'])
      assertOneProblem(
        problemsWith(['roles lake then', then], ['roles lake duration', duration]),
        /^roles\.lake\.duration: must be at most 1h if further hops follow, not "(?:3601s|12h)"\. .*Lower it, or remove `then`/,
      );
    for (const duration of ['15m', '3600s', '1h'])
      assert.deepEqual(problemsWith(['roles lake then', then], ['roles lake duration', duration]), []);
  });

  it('may last longer where there are none', () => {
    for (const none of [undefined, []])
      assert.deepEqual(problemsWith(['roles lake then', none], ['roles lake duration', '12h']), []);
  });

  it('has as many as it likes, each with its own ARN', () => {
    const many = Array.from({ length: 5 }, (_, i) => ({
      arn: `arn:aws:iam::21098765432${i}:role/hop-${i}`,
    }));
    const role = configWith(['roles lake then', many]).roles.get('lake');
    assert.deepEqual(
      role?.then.map(({ arn }) => arn),
      many.map(({ arn }) => arn),
    );
    assertOneProblem(
      problemsWith(['roles lake then', [{ arn: ARN }, { externalId: '7f3c' }]]),
      /^roles\.lake\.then\[1\]\.arn: /,
    );
  });
});

describe('tags of a further hop', () => {
  for (const [claim, hop, problem] of [
    [
      'are at most 50',
      { tags: tags(51) },
      /\.then\[0\]\.tags: must be at most 50 tags, not 51\. Remove some\.$/,
    ],
    [
      "leave room for the caller's",
      { tags: tags(49), callerTags: true },
      /\.tags: must be at most 48 tags, not 49\. Remove some; callerTags adds two\.$/,
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
      'are not repeated in another case',
      { tags: { team: 'data', Team: 'lake' } },
      /\.tags\.Team: must differ in more than case from "team"/,
    ],
    [
      "are not the caller's in another case",
      { tags: { 'Caller-ID': 'x' }, callerTags: true },
      /\.tags\.Caller-ID: must differ in more than case from caller-id, which callerTags adds/,
    ],
    [
      'exist where they are transitive',
      { tags: { team: 'x' }, transitiveTags: ['teams'] },
      /\.transitiveTags\[0\]: .*"teams"\. Did you mean "team"\?/,
    ],
    [
      "are not the caller's where nothing adds those",
      { transitiveTags: ['caller-id'] },
      /\.transitiveTags\[0\]: must name one of the tags beside it, not "caller-id"/,
    ],
  ] as const) {
    it(claim, () => {
      assertOneProblem(problemsOfHops(hop), problem);
    });
  }

  it('fill the limits', () => {
    const fullest = { ['k'.repeat(128)]: 'v'.repeat(256), ...tags(47) };
    assert.deepEqual(problemsOfHops({ tags: fullest, callerTags: true }), []);
    assert.deepEqual(problemsOfHops({ tags: { ...fullest, ...tags(49) } }), []);
  });

  it("may be named like the caller's where nothing adds those", () => {
    assert.deepEqual(problemsOfHops({ tags: { 'caller-id': 'x' } }), []);
  });
});

describe('transitive tags of a hop', () => {
  const first = { tags: { team: 'data' }, transitiveTags: ['team'] };

  for (const [claim, hops, problem] of [
    [
      'are not set anew by a later one',
      [first, { tags: { team: 'lake' } }],
      /^roles\.lake\.then\[1\]\.tags\.team: must not set "team" anew, which then\[0\] hands on as a transitive tag\. .*set it once/,
    ],
    [
      'are not set anew in another case',
      [first, { tags: { TEAM: 'data' } }],
      /\.then\[1\]\.tags\.TEAM: must not set "TEAM" anew/,
    ],
    [
      'are not set anew some hops later',
      [first, {}, { tags: { team: 'data' } }],
      /\.then\[2\]\.tags\.team: .*which then\[0\] hands on/,
    ],
    [
      'are not set anew by callerTags',
      [{ callerTags: true, transitiveTags: ['caller-id'] }, { callerTags: true }],
      /\.then\[1\]\.callerTags: must not set "caller-id" anew/,
    ],
  ] as const) {
    it(claim, () => {
      assertOneProblem(problemsOfHops(...hops), problem);
    });
  }

  it('may be the caller’s, and others may be set anew', () => {
    assert.deepEqual(
      problemsOfHops(
        { tags: { team: 'data' }, callerTags: true, transitiveTags: [...CALLER_TAG_KEYS] },
        { tags: { team: 'lake' }, transitiveTags: ['team'] },
      ),
      [],
    );
  });
});

describe('the external ID of a hop', () => {
  it('is not repeated where it is wrong', () => {
    assertOneProblem(
      problemsOfHops({ externalId: 's' }),
      /\.externalId: .*not the value given \(a secret, not shown\)/,
    );
  });
});
