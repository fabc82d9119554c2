// `fedbridge check` describes a role's chained roles, and the identity that the bridge presents to STS.
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

describe('the description of a role by fedbridge check', () => {
  it('shows the next role in its chain', () => {
    assert.match(
      withHops({}),
      new RegExp(
        `^ {2}as role lake \\(${LAKE}, sessions named after the caller, 1h\\), then as ${DATA}:$`,
        'm',
      ),
    );
  });

  it('shows the tags and the source identity that each hop sends, but no external ID', () => {
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

describe("the description of the bridge's token by fedbridge check", () => {
  for (const [identity, expected] of [
    [{ kind: 'metadata' }, 'The bridge calls STS in eu-west-1 with its own token for audience fedbridge.'],
    [
      { kind: 'impersonate', email: 'lake@acme-prod.iam.gserviceaccount.com' },
      "The bridge calls STS in eu-west-1 with lake@acme-prod.iam.gserviceaccount.com's token for audience fedbridge; your Google login impersonates that account.",
    ],
    [
      { kind: 'file', path: '/run/\u001btoken' },
      'The bridge calls STS in eu-west-1 with the token in the file /run/\\u{1b}token. The token must be for audience fedbridge.',
    ],
    [
      { kind: 'profile', name: 'laptop' },
      'The bridge calls STS in eu-west-1 with the AWS profile laptop, without a Google identity.',
    ],
  ] as const) {
    it(`matches the identity source "${identity.kind}"`, () => {
      assert.equal(withIdentity(identity).split('\n')[1], expected);
    });
  }
});
