// The STS call for a later role in a chain can contain an external ID, session tags and a source identity, because a partner's
// trust policy may require them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import {
  chained,
  hopsAtSts,
  LAKE_DATA,
  lastHop,
  partnerRole,
  READER_ID,
  TO_LAKE_DATA,
} from '../../support/chain.ts';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const ALL = [
  `${TO_LAKE_DATA}, tags: { team: data, "cost center": "4711/α" }, callerTags: true`,
  'transitiveTags: [team, caller-email, caller-id], sourceIdentity: caller',
].join(', ');
const READER = 'reader@acme-prod.iam.gserviceaccount.com';

/** Starts a bridge, waits until it is ready, and clears the recorded startup calls. */
async function wireFor(test: TestContext, hop: string): Promise<Wire> {
  const wire = await startWire({ config: chained([hop]) });
  test.after(() => wire.close());
  await wire.forgetCalls();
  return wire;
}

describe('an STS call for a later role in a chain', () => {
  it('sends only the external ID if nothing else is configured', async (test) => {
    const wire = await wireFor(test, TO_LAKE_DATA);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    const { externalId, tags, transitive, sourceIdentity } = await lastHop(wire);
    assert.deepEqual(
      { externalId, tags, transitive, sourceIdentity },
      { externalId: '7f3c', tags: {}, transitive: [], sourceIdentity: undefined },
    );
  });

  it("passes the caller as the source identity, and adds the caller's email and ID to the configured session tags", async (test) => {
    const wire = await wireFor(test, ALL);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    const { externalId, tags, transitive, sourceIdentity } = await lastHop(wire);
    assert.equal(externalId, '7f3c');
    assert.deepEqual(tags, {
      team: 'data',
      'cost center': '4711/α',
      'caller-email': READER,
      'caller-id': READER_ID,
    });
    assert.deepEqual(transitive, ['team', 'caller-email', 'caller-id']);
    assert.equal(sourceIdentity, 'reader@acme-prod', 'same as the session name');
    const [first] = await hopsAtSts(wire);
    assert.deepEqual([first?.tags, first?.sourceIdentity], [{}, undefined], 'a Google token has neither');
  });

  it('identifies a caller without an email by its unique ID only', async (test) => {
    const wire = await wireFor(test, ALL);
    const token = await wire.token('reader', { format: 'standard' });
    assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
    const { roleSessionName, tags, transitive, sourceIdentity } = await lastHop(wire);
    assert.deepEqual(tags, { team: 'data', 'cost center': '4711/α', 'caller-id': READER_ID });
    assert.deepEqual(transitive, ['team', 'caller-id'], 'a missing tag is not listed as transitive');
    assert.deepEqual([roleSessionName, sourceIdentity], [READER_ID, READER_ID]);
  });

  it('is not made at startup if it identifies the caller, because a partner might trust only one caller', async (test) => {
    const arn = 'arn:aws:iam::210987654321:role/for-reader';
    const roles = [
      partnerRole({ arn, condition: { StringEquals: { 'sts:SourceIdentity': 'reader@acme-prod' } } }),
    ];
    const wire = await startWire({ config: chained([`arn: "${arn}", sourceIdentity: caller`]), roles });
    test.after(() => wire.close());
    assert.deepEqual(
      (await hopsAtSts(wire)).map(({ action }) => action),
      ['AssumeRoleWithWebIdentity'],
    );
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    assert.equal((await wire.get(READABLE, { as: 'scoped' })).status, 502);
    assert.equal((await wire.get('/-/ready')).status, 200);
  });

  it("sets transitive tags and a source identity that the next role's session inherits", async (test) => {
    const vault = 'arn:aws:iam::345678901234:role/vault';
    // In a trust policy, inherited values match aws:PrincipalTag and aws:SourceIdentity, not aws:RequestTag and
    // sts:SourceIdentity.
    const condition = {
      StringEquals: {
        'aws:PrincipalTag/caller-id': READER_ID,
        'aws:PrincipalTag/team': 'data',
        'aws:SourceIdentity': 'reader@acme-prod',
      },
      Null: { 'aws:PrincipalTag/kept': 'false' },
    };
    const wire = await startWire({
      config: chained([
        `${TO_LAKE_DATA}, tags: { team: data, kept: here }, callerTags: true, transitiveTags: [team, caller-id], sourceIdentity: caller`,
        `arn: "${vault}", tags: { stage: last }`,
      ]),
      roles: [
        partnerRole({ arn: LAKE_DATA, mayAssume: vault }),
        partnerRole({ arn: vault, trusts: LAKE_DATA, condition }),
      ],
      ready: false,
    });
    test.after(() => wire.close());
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    const { tags, sourceIdentity } = await lastHop(wire);
    assert.deepEqual(
      [tags, sourceIdentity],
      [{ stage: 'last' }, undefined],
      'inherited values are not sent again',
    );
    assert.equal(
      (await wire.get(READABLE, { as: 'scoped' })).status,
      502,
      'the trust policy denies this caller',
    );
    await wire.bridge.line(({ fault }) => fault === 'sts_hop_denied');
  });
});

/** Trust policy conditions, each with a hop configuration that satisfies the condition and one that does not. */
const CONDITIONS: readonly (readonly [what: string, condition: unknown, meets: string, lacks: string])[] = [
  [
    'the source identity',
    { StringLike: { 'sts:SourceIdentity': '*@acme-prod' } },
    'sourceIdentity: caller',
    'tags: { team: data }',
  ],
  [
    'the value of a tag',
    { StringEquals: { 'aws:RequestTag/team': 'data' } },
    'tags: { team: data }',
    'tags: { team: lake }',
  ],
  [
    "the caller's email as a tag",
    { StringLike: { 'aws:RequestTag/caller-email': '*@acme-prod.iam.gserviceaccount.com' } },
    'callerTags: true',
    'sourceIdentity: caller',
  ],
  [
    'the list of transitive tags',
    { 'ForAllValues:StringEquals': { 'sts:TransitiveTagKeys': ['team'] } },
    'tags: { team: data, stage: x }, transitiveTags: [team]',
    'tags: { team: data, stage: x }, transitiveTags: [team, stage]',
  ],
];

describe("a partner's trust policy", () => {
  let wire: Wire;
  const arnOf = (i: number): string => `arn:aws:iam::210987654321:role/requires-${i}`;
  before(async () => {
    const names = CONDITIONS.flatMap((_, i) => [`meets-${i}`, `lacks-${i}`]);
    wire = await startWire({
      roles: CONDITIONS.map(([, condition], i) => partnerRole({ arn: arnOf(i), condition })),
      config: ({ audience, region, role, bucket, callers }) => `
audience: ${audience}
aws: { region: ${region} }
roles:
${CONDITIONS.flatMap(([, , meets, lacks], i) =>
  Object.entries({ meets, lacks }).map(
    ([name, hop]) => `  ${name}-${i}: { arn: "${role}", then: [{ arn: "${arnOf(i)}", ${hop} }] }`,
  ),
).join('\n')}
buckets: { ${names.map((name) => `${name}: { role: ${name}, target: ${bucket} }`).join(', ')} }
grants: [${names.map((name) => `{ callers: [${callers.reader}], allow: [get], bucket: ${name} }`).join(', ')}]
`,
    });
  });
  after(() => wire.close());

  for (const [i, [what]] of CONDITIONS.entries()) {
    it(`can require ${what}`, async () => {
      const statusOf = async (bucket: string): Promise<number> =>
        (await wire.get(`/${bucket}/README.txt`, { as: 'reader' })).status;
      assert.deepEqual([await statusOf(`meets-${i}`), await statusOf(`lacks-${i}`)], [200, 502]);
    });
  }
});
