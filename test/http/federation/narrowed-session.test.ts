// STS calls go to the configured endpoint with the configured role and duration, and are limited to the caller's grants.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import type { StsCall } from '../../support/sessions-at-sts.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const BUCKET = 'arn:aws:s3:::acme-lake';

describe('an STS call', () => {
  let wire: Wire;
  let elsewhere: StandIn;
  before(async () => {
    elsewhere = await startStandIn((_request, response) => {
      response.end();
    });
    wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1, audience: fedbridge }
roles: { lake: { arn: "${role}", duration: 30m } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: [${callers.reader}], allow: [get, list], bucket: acme-lake }
  - { callers: [${callers.scoped}], allow: [get, list], bucket: acme-lake, prefix: raw/public/ }
  - { callers: [${callers.scoped}], allow: [get], bucket: acme-lake, key: README.txt }
  - { callers: [${callers.stranger}], allow: [list], bucket: acme-lake, prefix: raw/public/ }
`,
      // AWS_ENDPOINT_URL applies to all services; the bridge's setting for the STS endpoint takes precedence.
      environment: { AWS_ENDPOINT_URL: elsewhere.origin },
    });
  });
  after(async () => {
    await wire.close();
    elsewhere.close();
  });

  const callFor = async (caller: CallerName, path: string): Promise<StsCall> => {
    await wire.forgetCalls();
    assert.equal((await wire.get(path, { as: caller })).status, 200);
    const [call, ...more] = await sessionsAtSts(wire);
    assert.ok(call !== undefined && more.length === 0, 'one call');
    return call;
  };
  const statementsOf = ({ policy }: StsCall): readonly { readonly Effect: string }[] =>
    (JSON.parse(policy) as { Statement: readonly { readonly Effect: string }[] }).Statement;
  const allowedIn = (call: StsCall): readonly unknown[] =>
    statementsOf(call).filter(({ Effect }) => Effect === 'Allow');

  it('sends the configured role and duration, and the caller as the session name', async () => {
    const { roleArn, roleSessionName, durationSeconds } = await callFor('reader', READABLE);
    assert.deepEqual(
      { roleArn, roleSessionName, durationSeconds },
      { roleArn: wire.sandbox.contract.role, roleSessionName: 'reader@acme-prod', durationSeconds: 1800 },
    );
  });

  it('requests a session with exactly the granted actions if a whole bucket is granted', async () => {
    await wire.fault({ upstream: 's3', fault: 'error', code: 'ExpiredToken', times: 1 });
    assert.deepEqual(allowedIn(await callFor('reader', READABLE)), [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: `${BUCKET}/*` },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: BUCKET },
    ]);
  });

  it('requests a session that can read only the granted prefix and key, and list only the granted prefix', async () => {
    assert.deepEqual(statementsOf(await callFor('scoped', READABLE)), [
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: [`${BUCKET}/README.txt`, `${BUCKET}/raw/public/*`],
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: BUCKET,
        Condition: { StringLike: { 's3:prefix': 'raw/public/*' } },
      },
      { Effect: 'Deny', NotAction: ['s3:GetObject', 's3:ListBucket'], Resource: 'arn:aws:s3:*:*:*' },
      {
        Effect: 'Deny',
        Action: 's3:GetObject',
        NotResource: [`${BUCKET}/README.txt`, `${BUCKET}/raw/public/*`],
      },
      { Effect: 'Deny', Action: 's3:ListBucket', NotResource: BUCKET },
      {
        Effect: 'Deny',
        Action: 's3:ListBucket',
        Resource: BUCKET,
        Condition: { StringNotLike: { 's3:prefix': 'raw/public/*' } },
      },
    ]);
  });

  it('requests a session that cannot read objects if the caller can only list them', async () => {
    assert.deepEqual(allowedIn(await callFor('stranger', '/acme-lake?list-type=2&prefix=raw/public/')), [
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: BUCKET,
        Condition: { StringLike: { 's3:prefix': 'raw/public/*' } },
      },
    ]);
  });

  it('goes only to the configured endpoint', () => {
    assert.deepEqual(elsewhere.asked, []);
  });
});

describe('the identity token for STS', () => {
  it('is requested for the default service account, in full format, with aws.audience as its audience', async (test) => {
    const wire = await startWire({
      config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1, audience: "https://aws.example/a b&c" }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants: [{ callers: [${callers.reader}], allow: [get], bucket: acme-lake }]
`,
      ready: false,
    });
    test.after(() => wire.close());
    // The role's trust policy requires a different audience, so STS denies the call and the log shows the audience that AWS
    // received.
    const line = await wire.bridge.line(({ fault }) => fault === 'sts_denied');
    const paths = (await wire.calls('metadata')).map(({ path }) => String(path));
    const path = paths.find((one) => one.includes('/service-accounts/')) ?? '';
    assert.match(path, /\/instance\/service-accounts\/default\/identity\?/);
    const query = new URLSearchParams(path.slice(path.indexOf('?')));
    assert.deepEqual(Object.fromEntries(query), { audience: 'https://aws.example/a b&c', format: 'full' });
    const cause = line['cause'] as Record<string, unknown>;
    assert.equal(cause['accounts.google.com:oaud'], 'https://aws.example/a b&c');
  });
});
