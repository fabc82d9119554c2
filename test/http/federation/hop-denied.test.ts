// If STS denies a later role in a chain, the operator or the partner must fix the cause. The log line shows what they need to
// compare, the caller sees no AWS details, and the other roles keep working.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import { ACCOUNTS } from '../../../src/sandbox/google/accounts.ts';
import { AWS_AUDIENCE } from '../../../src/sandbox/iam/roles.ts';
import { LAKE, LAKE_DATA, partnerRole, READER_ID } from '../../support/chain.ts';
import type { LogLine } from '../../support/bridge-process.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import type { MeasuredWire } from '../../support/metrics.ts';

const PARTNER = 'arn:aws:iam::210987654321:role';
const ASSUMES_ONLY = `${PARTNER}/assumes-only`;
const VAULT = `${PARTNER}/vault`;
const MIDDLE = `${PARTNER}/middle`;
const LAST = `${PARTNER}/last`;
/** A first role without permission to assume any other role. */
const LONER = 'arn:aws:iam::123456789012:role/loner';
const LONER_ROLE = {
  arn: LONER,
  trust: {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: 'accounts.google.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'accounts.google.com:aud': ACCOUNTS.bridge.uniqueId,
          'accounts.google.com:oaud': AWS_AUDIENCE,
        },
      },
    },
  },
  permissions: {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' },
  },
};

interface Denied {
  readonly what: string;
  readonly first?: string;
  readonly hops: readonly string[];
  /** The fields that the log line must show about the denied hop. */
  readonly cause: Readonly<Record<string, unknown>>;
}

const sessionOf = (role: string): string =>
  `${role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/reader@acme-prod`;

/** The denied role chains, keyed by role name; each bucket is named after its role. */
const DENIED: Readonly<Record<string, Denied>> = {
  'external-id': {
    what: 'that requires another external ID',
    hops: [`arn: "${LAKE_DATA}", externalId: 7f3d`],
    cause: {
      hop: 1,
      roleArn: LAKE_DATA,
      assumedBy: sessionOf(LAKE),
      denied: 'sts:AssumeRole',
      needs: 'sts:AssumeRole',
      'sts:ExternalId': '(as configured)',
    },
  },
  tags: {
    what: 'whose trust policy lacks sts:TagSession',
    hops: [`arn: "${ASSUMES_ONLY}", tags: { team: data }, callerTags: true, transitiveTags: [team]`],
    cause: {
      hop: 1,
      roleArn: ASSUMES_ONLY,
      denied: 'sts:TagSession',
      needs: 'sts:AssumeRole sts:TagSession',
      'aws:RequestTag/team': 'data',
      'aws:RequestTag/caller-id': READER_ID,
      'sts:TransitiveTagKeys': 'team',
    },
  },
  'source-identity': {
    what: 'whose trust policy lacks sts:SetSourceIdentity',
    hops: [`arn: "${ASSUMES_ONLY}", sourceIdentity: caller`],
    cause: {
      hop: 1,
      denied: 'sts:SetSourceIdentity',
      needs: 'sts:AssumeRole sts:SetSourceIdentity',
      'sts:SourceIdentity': 'reader@acme-prod',
    },
  },
  policy: {
    what: 'that the previous role may not assume',
    first: LONER,
    hops: [`arn: "${ASSUMES_ONLY}"`],
    cause: { hop: 1, assumedBy: sessionOf(LONER), denied: 'sts:AssumeRole' },
  },
  missing: {
    what: 'that does not exist',
    hops: [`arn: "${PARTNER}/misspelled"`],
    cause: { hop: 1, roleArn: `${PARTNER}/misspelled`, denied: 'sts:AssumeRole' },
  },
  third: {
    what: 'after one that passes on tags and a source identity',
    hops: [
      `arn: "${LAKE_DATA}", externalId: 7f3c, tags: { team: data }, transitiveTags: [team], sourceIdentity: caller`,
      `arn: "${VAULT}"`,
    ],
    cause: {
      hop: 2,
      roleArn: VAULT,
      assumedBy: sessionOf(LAKE_DATA),
      denied: 'sts:AssumeRole',
      // Each later role's trust policy must also allow the tags and source identity that the role inherits (IAM user guide,
      // "Permissions required to set source identity").
      needs: 'sts:AssumeRole sts:TagSession sts:SetSourceIdentity',
    },
  },
  'handed-on': {
    what: 'whose trust policy lacks an action that an earlier hop makes necessary',
    hops: [`arn: "${MIDDLE}", tags: { team: data }, transitiveTags: [team]`, `arn: "${LAST}"`],
    cause: {
      hop: 2,
      roleArn: LAST,
      assumedBy: sessionOf(MIDDLE),
      denied: 'sts:TagSession',
      needs: 'sts:AssumeRole sts:TagSession',
    },
  },
};

const OF_AWS =
  /arn:|\d{12}|lake-data|assumes-only|vault|misspelled|assumed-role|7f3[cd]|127\.0\.0\.1|sts|AccessDenied/i;

describe('a later role in a chain', () => {
  let wire: MeasuredWire;
  before(async () => {
    const names = Object.keys(DENIED);
    wire = await startMeasuredWire({
      roles: [
        LONER_ROLE,
        partnerRole({ arn: ASSUMES_ONLY, actions: ['sts:AssumeRole'] }),
        partnerRole({ arn: VAULT, trusts: LAKE }),
        partnerRole({ arn: MIDDLE, mayAssume: LAST }),
        partnerRole({ arn: LAST, trusts: MIDDLE, actions: ['sts:AssumeRole'] }),
      ],
      config: ({ audience, region, bucket, callers }) => `
audience: ${audience}
aws: { region: ${region} }
roles:
  lake: { arn: "${LAKE}" }
${Object.entries(DENIED)
  .map(
    ([name, { first = LAKE, hops }]) =>
      `  ${name}: { arn: "${first}", then: [${hops.map((hop) => `{ ${hop} }`).join(', ')}] }`,
  )
  .join('\n')}
buckets:
  ${bucket}: { role: lake }
${names.map((name) => `  by-${name}: { role: ${name}, target: ${bucket} }`).join('\n')}
grants:
${[bucket, ...names.map((name) => `by-${name}`)]
  .map((name) => `  - { callers: [${callers.reader}], allow: [get], bucket: ${name} }`)
  .join('\n')}
`,
    });
  });
  after(() => wire.close());

  const checkLine = (line: LogLine, cause: Readonly<Record<string, unknown>>): void => {
    assert.deepEqual(
      [line['severity'], line['fault'], line['remedy']],
      ['ERROR', 'sts_hop_denied', FAULTS.sts_hop_denied.fix],
    );
    const logged = line['cause'] as Record<string, unknown>;
    assert.deepEqual(Object.fromEntries(Object.keys(cause).map((key) => [key, logged[key]])), cause);
    assert.equal(logged['stsCode'], 'AccessDenied');
    assert.match(String(logged['stsRequestId']), /^[0-9a-f-]{36}$/, "STS's own request ID, for AWS support");
  };

  for (const [name, { what, hops, cause }] of Object.entries(DENIED)) {
    it(`${what} causes a 502, and the log shows which actions both roles must allow`, async () => {
      const failed = `fedbridge_sts_calls_total{role="${name}",outcome="sts_hop_denied"}`;
      // At startup the bridge also assumes each role, unless a hop in its chain identifies the caller.
      const atStart = !/callerTags|sourceIdentity/.test(hops.join());
      if (atStart) await wire.bridge.line(({ message }) => message === `role ${name} could not be assumed`);
      const before = await wire.metric(failed);
      assert.equal(before >= 1, atStart);

      const reply = await wire.get(`/by-${name}/README.txt`, { as: 'reader' });
      assert.deepEqual(
        [reply.status, reply.code, reply.headers['x-fedbridge-error'], reply.headers['retry-after']],
        [502, 'FederationFailed', 'federation_failed', undefined],
      );
      const { 'x-request-id': id, ...headers } = reply.headers;
      assert.doesNotMatch(reply.text.replaceAll(String(id), '') + JSON.stringify(headers), OF_AWS);
      const line = await wire.bridge.line(({ requestId }) => requestId === id);
      checkLine(line, cause);
      assert.equal(line['role'], name);
      assert.equal(await wire.metric(failed), before + 1);
    });
  }

  it('that is denied does not affect other roles', async () => {
    assert.equal((await wire.get('/-/ready')).status, 200);
    assert.equal((await wire.get('/acme-lake/README.txt', { as: 'reader' })).status, 200);
    assert.equal(await wire.metric('fedbridge_sts_calls_total{role="lake",outcome="ok"}'), 2);
  });

  it('is assumed as soon as its owner has fixed its trust policy', async () => {
    await wire.control('PUT', '/roles', partnerRole({ arn: VAULT, trusts: LAKE_DATA }));
    await wire.control('PUT', '/roles', partnerRole({ arn: LAKE_DATA, mayAssume: VAULT }));
    assert.equal((await wire.get('/by-third/README.txt', { as: 'reader' })).status, 200);
  });
});
