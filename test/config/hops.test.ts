// Tests role chains in a configuration: the session duration, the tags, and the tags that one hop passes to the next.
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

describe('a role with the field `then`', () => {
  const then = [{ arn: ARN }];

  it("has a duration of at most one hour, which is STS's limit for role chaining", () => {
    for (const duration of ['3601s', '12h'])
      assertOneProblem(
        problemsWith(['roles lake then', then], ['roles lake duration', duration]),
        /^roles\.lake\.duration: must be at most 1h for a role with chained roles, not "(?:3601s|12h)"\. .*Lower the duration, or remove `then`/,
      );
    for (const duration of ['15m', '3600s', '1h'])
      assert.deepEqual(problemsWith(['roles lake then', then], ['roles lake duration', duration]), []);
  });

  it('may have a longer duration if `then` is empty', () => {
    for (const none of [undefined, []])
      assert.deepEqual(problemsWith(['roles lake then', none], ['roles lake duration', '12h']), []);
  });

  it('may list any number of roles, each with an ARN', () => {
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

describe("a later role's tags", () => {
  for (const [claim, hop, problem] of [
    [
      'are at most 50',
      { tags: tags(51) },
      /\.then\[0\]\.tags: must have at most 50 tags, not 51\. Remove some tags\.$/,
    ],
    [
      'leave room for the tags of callerTags',
      { tags: tags(49), callerTags: true },
      /\.tags: must have at most 48 tags, not 49\. Remove some tags\. The two tags that callerTags adds also count\.$/,
    ],
    [
      'have keys of at most 128 characters',
      { tags: { ['k'.repeat(129)]: '' } },
      /\.tags\..*must be a session tag key/,
    ],
    ['do not have a reserved key', { tags: { 'AWS:x': '' } }, /not beginning with "aws:"/],
    [
      'have values of at most 256 characters',
      { tags: { a: 'v'.repeat(257) } },
      /\.tags\.a: must be a session tag value/,
    ],
    ['are strings', { tags: { a: 5 } }, /\.tags\.a: .*Put the value in quotes/],
    [
      'are not repeated in a different case',
      { tags: { team: 'data', Team: 'lake' } },
      /\.tags\.Team: duplicates "team": session tag keys are not case-sensitive/,
    ],
    [
      'do not repeat the tags of callerTags in a different case',
      { tags: { 'Caller-ID': 'x' }, callerTags: true },
      /\.tags\.Caller-ID: duplicates caller-id, which callerTags adds: session tag keys are not case-sensitive/,
    ],
    [
      'define every tag that is transitive',
      { tags: { team: 'x' }, transitiveTags: ['teams'] },
      /\.transitiveTags\[0\]: .*"teams"\. Did you mean "team"\?/,
    ],
    [
      'refer to the tags of callerTags only if callerTags is set',
      { transitiveTags: ['caller-id'] },
      /\.transitiveTags\[0\]: must be the key of a tag of the same chained role, not "caller-id"/,
    ],
  ] as const) {
    it(`are rejected unless they ${claim}`, () => {
      assertOneProblem(problemsOfHops(hop), problem);
    });
  }

  it('are accepted up to the number and length that AWS allows', () => {
    const fullest = { ['k'.repeat(128)]: 'v'.repeat(256), ...tags(47) };
    assert.deepEqual(problemsOfHops({ tags: fullest, callerTags: true }), []);
    assert.deepEqual(problemsOfHops({ tags: { ...fullest, ...tags(49) } }), []);
  });

  it('may include the key caller-id unless callerTags is set', () => {
    assert.deepEqual(problemsOfHops({ tags: { 'caller-id': 'x' } }), []);
  });
});

describe("a hop's transitive tags", () => {
  const first = { tags: { team: 'data' }, transitiveTags: ['team'] };

  for (const [again, hops, problem] of [
    [
      'by a later hop',
      [first, { tags: { team: 'lake' } }],
      /^roles\.lake\.then\[1\]\.tags\.team: must not set "team" again, because then\[0\] passes it on as a transitive tag\. Set the tag only once/,
    ],
    [
      'in a different case',
      [first, { tags: { TEAM: 'data' } }],
      /\.then\[1\]\.tags\.TEAM: must not set "TEAM" again/,
    ],
    [
      'several hops later',
      [first, {}, { tags: { team: 'data' } }],
      /\.then\[2\]\.tags\.team: .*because then\[0\] passes it on/,
    ],
    [
      'by callerTags',
      [{ callerTags: true, transitiveTags: ['caller-id'] }, { callerTags: true }],
      /\.then\[1\]\.callerTags: must not set "caller-id" again/,
    ],
  ] as const) {
    it(`cannot be set a second time ${again}`, () => {
      assertOneProblem(problemsOfHops(...hops), problem);
    });
  }

  it('may be the tags that callerTags adds, and a later hop may then set other tags again', () => {
    assert.deepEqual(
      problemsOfHops(
        { tags: { team: 'data' }, callerTags: true, transitiveTags: [...CALLER_TAG_KEYS] },
        { tags: { team: 'lake' }, transitiveTags: ['team'] },
      ),
      [],
    );
  });
});

describe("a hop's external ID", () => {
  it('is not shown if it is invalid', () => {
    assertOneProblem(
      problemsOfHops({ externalId: 's' }),
      /\.externalId: .*not the value given \(a secret, not shown\)/,
    );
  });
});
