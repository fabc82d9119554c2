// `fedbridge check` in words: the further hops of a role, and whose token STS is shown.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeConfig } from '../../src/cli/check/describe.ts';
import type { Hop, IdentitySource } from '../../src/config/types.ts';
import { configWith } from '../config/sample.ts';

const DATA = 'arn:aws:iam::210987654321:role/lake-data';
const LAKE = 'arn:aws:iam::123456789012:role/gcp-lake-read';

const withHops = (...then: readonly Partial<Hop>[]): string =>
  describeConfig(configWith(['roles lake then', then.map((hop) => ({ arn: DATA, ...hop }))]));
const withIdentity = (identity: IdentitySource): string => describeConfig({ ...configWith(), identity });

describe('a role', () => {
  it('with a further hop is described with it', () => {
    assert.match(
      withHops({}),
      new RegExp(
        `^ {2}as role lake \\(${LAKE}, sessions named after the caller, 1h\\), then as ${DATA}:$`,
        'm',
      ),
    );
  });

  it('is described with what a hop sends along, but for the secret', () => {
    const text = withHops(
      { externalId: '7f3c', tags: { team: 'data' }, sourceIdentity: 'caller' },
      { tags: { team: 'data', cost: 'x' }, callerTags: true, transitiveTags: ['team'] },
    );
    assert.ok(
      text.includes(
        `, then as ${DATA} (with external ID, tags team, source identity), then as ${DATA} (with tags team (transitive), cost, caller-email, and caller-id):\n`,
      ),
      text,
    );
    assert.doesNotMatch(text, /7f3c/);
  });
});

describe('what STS is shown', () => {
  for (const [identity, says] of [
    [{ kind: 'metadata' }, 'STS in eu-west-1 is shown a token of this bridge for fedbridge.'],
    [
      { kind: 'impersonate', email: 'lake@acme-prod.iam.gserviceaccount.com' },
      'STS in eu-west-1 is shown a token for fedbridge of lake@acme-prod.iam.gserviceaccount.com, whom your own Google login impersonates.',
    ],
    [
      { kind: 'file', path: '/run/\u001btoken' },
      'STS in eu-west-1 is shown the token in the file /run/\\u{1b}token, which must be for fedbridge.',
    ],
    [
      { kind: 'profile', name: 'laptop' },
      'STS in eu-west-1 is asked with the AWS profile laptop, without a Google identity.',
    ],
  ] as const) {
    it(`is told where the identity is ${identity.kind}`, () => {
      assert.equal(withIdentity(identity).split('\n')[1], says);
    });
  }
});
