// STS is asked for the configured role, life and endpoint, and for no more than the caller's grants on the bucket.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import type { StsCall } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { CallerName, Wire } from '../../support/wire.ts';

const BUCKET = 'arn:aws:s3:::acme-lake';

describe('what STS is asked', () => {
  let wire: Wire;
  let askedElsewhere = 0;
  const elsewhere = createServer((_request, response) => {
    askedElsewhere += 1;
    response.end();
  });
  before(async () => {
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const address = elsewhere.address();
    assert.ok(typeof address === 'object' && address !== null);
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
      // The SDK's own variable for all services: what the bridge is told of STS goes before it.
      environment: { AWS_ENDPOINT_URL: `http://127.0.0.1:${address.port}` },
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

  it('names the role, the caller and the life of the configuration', async () => {
    const { roleArn, roleSessionName, durationSeconds } = await callFor('reader', READABLE);
    assert.deepEqual(
      { roleArn, roleSessionName, durationSeconds },
      { roleArn: wire.sandbox.contract.role, roleSessionName: 'reader@acme-prod', durationSeconds: 1800 },
    );
  });

  it('allows what a grant of a whole bucket allows', async () => {
    await wire.fault({ supplier: 's3', fault: 'error', code: 'ExpiredToken', times: 1 });
    assert.deepEqual(allowedIn(await callFor('reader', READABLE)), [
      { Effect: 'Allow', Action: 's3:GetObject', Resource: `${BUCKET}/*` },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: BUCKET },
    ]);
  });

  it('allows a prefix and a key, and to list the prefix alone, and denies all else in S3', async () => {
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

  it('allows no read to who may only list', async () => {
    assert.deepEqual(allowedIn(await callFor('stranger', '/acme-lake?list-type=2&prefix=raw/public/')), [
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: BUCKET,
        Condition: { StringLike: { 's3:prefix': 'raw/public/*' } },
      },
    ]);
  });

  it('goes to the configured endpoint alone', () => {
    assert.equal(askedElsewhere, 0);
  });
});

describe('the identity token that STS is shown', () => {
  it("is the instance's own, in full format, for aws.audience", async (test) => {
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
    // The role's trust policy wants another audience: what AWS saw of this one is in the log.
    const line = await wire.bridge.line(({ fault }) => fault === 'sts_denied');
    const asked = (await wire.calls('metadata')).map(({ path }) => String(path));
    const path = asked.find((one) => one.includes('/service-accounts/')) ?? '';
    assert.match(path, /\/instance\/service-accounts\/default\/identity\?/);
    const query = new URLSearchParams(path.slice(path.indexOf('?')));
    assert.deepEqual(Object.fromEntries(query), { audience: 'https://aws.example/a b&c', format: 'full' });
    const cause = line['cause'] as Record<string, unknown>;
    assert.equal(cause['accounts.google.com:oaud'], 'https://aws.example/a b&c');
  });
});
