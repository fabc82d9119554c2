// A further hop says who asks: external ID, session tags and source identity arrive at STS, where the partner may demand them.
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
  `${TO_LAKE_DATA}, tags: { team: data, "cost centre": "4711/α" }, callerTags: true`,
  'transitiveTags: [team, caller-email, caller-id], sourceIdentity: caller',
].join(', ');
const READER = 'reader@acme-prod.iam.gserviceaccount.com';

/** Ready, with the bridge's own calls forgotten. */
async function wireFor(test: TestContext, hop: string): Promise<Wire> {
  const wire = await startWire({ config: chained([hop]) });
  test.after(() => wire.close());
  await wire.forgetCalls();
  return wire;
}

describe('a further hop', () => {
  it('that is told nothing else says nothing else', async (test) => {
    const wire = await wireFor(test, TO_LAKE_DATA);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    const { externalId, tags, transitive, sourceIdentity } = await lastHop(wire);
    assert.deepEqual(
      { externalId, tags, transitive, sourceIdentity },
      { externalId: '7f3c', tags: {}, transitive: [], sourceIdentity: undefined },
    );
  });

  it('brings fixed tags, the caller’s e-mail and ID as tags, and the caller as source identity', async (test) => {
    const wire = await wireFor(test, ALL);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    const { externalId, tags, transitive, sourceIdentity } = await lastHop(wire);
    assert.equal(externalId, '7f3c');
    assert.deepEqual(tags, {
      team: 'data',
      'cost centre': '4711/α',
      'caller-email': READER,
      'caller-id': READER_ID,
    });
    assert.deepEqual(transitive, ['team', 'caller-email', 'caller-id']);
    assert.equal(sourceIdentity, 'reader@acme-prod', 'as the session is named');
    const [first] = await hopsAtSts(wire);
    assert.deepEqual([first?.tags, first?.sourceIdentity], [{}, undefined], 'a Google token carries neither');
  });

  it('names a caller without an e-mail by its unique ID alone', async (test) => {
    const wire = await wireFor(test, ALL);
    const token = await wire.token('reader', { format: 'standard' });
    assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
    const { roleSessionName, tags, transitive, sourceIdentity } = await lastHop(wire);
    assert.deepEqual(tags, { team: 'data', 'cost centre': '4711/α', 'caller-id': READER_ID });
    assert.deepEqual(transitive, ['team', 'caller-id'], 'no tag is handed on that is not there');
    assert.deepEqual([roleSessionName, sourceIdentity], [READER_ID, READER_ID]);
  });

  it('is walked for callers alone where it names them: a partner who trusts one of them alone keeps the bridge ready', async (test) => {
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

  it('of a chain of three hands its transitive tags and source identity on', async (test) => {
    const vault = 'arn:aws:iam::345678901234:role/vault';
    // What was handed on is of the session that asks, and AWS shows it to the trust policy as such.
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
    assert.deepEqual([tags, sourceIdentity], [{ stage: 'last' }, undefined], 'and does not say them again');
    assert.equal((await wire.get(READABLE, { as: 'scoped' })).status, 502, 'whom this trust refuses');
    await wire.bridge.line(({ fault }) => fault === 'sts_hop_denied');
  });
});

/** What a trust policy asks for, with a hop that says so, and one that does not. */
const DEMANDS: readonly (readonly [what: string, condition: unknown, says: string, lacks: string])[] = [
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
    "the caller's e-mail as a tag",
    { StringLike: { 'aws:RequestTag/caller-email': '*@acme-prod.iam.gserviceaccount.com' } },
    'callerTags: true',
    'sourceIdentity: caller',
  ],
  [
    'which tags are transitive',
    { 'ForAllValues:StringEquals': { 'sts:TransitiveTagKeys': ['team'] } },
    'tags: { team: data, stage: x }, transitiveTags: [team]',
    'tags: { team: data, stage: x }, transitiveTags: [team, stage]',
  ],
];

describe('what a partner demands in its trust policy', () => {
  let wire: Wire;
  const arnOf = (i: number): string => `arn:aws:iam::210987654321:role/demands-${i}`;
  before(async () => {
    const names = DEMANDS.flatMap((_, i) => [`says-${i}`, `lacks-${i}`]);
    wire = await startWire({
      roles: DEMANDS.map(([, condition], i) => partnerRole({ arn: arnOf(i), condition })),
      config: ({ audience, region, role, bucket, callers }) => `
audience: ${audience}
aws: { region: ${region} }
roles:
${DEMANDS.flatMap(([, , says, lacks], i) =>
  Object.entries({ says, lacks }).map(
    ([name, hop]) => `  ${name}-${i}: { arn: "${role}", then: [{ arn: "${arnOf(i)}", ${hop} }] }`,
  ),
).join('\n')}
buckets: { ${names.map((name) => `${name}: { role: ${name}, target: ${bucket} }`).join(', ')} }
grants: [${names.map((name) => `{ callers: [${callers.reader}], allow: [get], bucket: ${name} }`).join(', ')}]
`,
    });
  });
  after(() => wire.close());

  for (const [i, [what]] of DEMANDS.entries()) {
    it(`may be ${what}`, async () => {
      const statusOf = async (bucket: string): Promise<number> =>
        (await wire.get(`/${bucket}/README.txt`, { as: 'reader' })).status;
      assert.deepEqual([await statusOf(`says-${i}`), await statusOf(`lacks-${i}`)], [200, 502]);
    });
  }
});
