// Requests for AWS credentials are limited per caller, counted, and logged with one line each. CORS is never allowed for them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { startMeasuredWire } from '../../support/metrics.ts';
import { asAccount } from '../../support/sessions-at-sts.ts';
import { credentialsIn, VEND_PATH } from '../../support/vended.ts';
import { startWire } from '../../support/wire.ts';

const GRANTS = ['callers: ["project:acme-prod"], allow: [get, list, vend], bucket: acme-lake'];

/** The number of credentials that one caller may obtain at once (server/vending-limit.ts). */
const BURST = 20;

describe('a caller that requests credentials in a loop', () => {
  it('gets 429 with Retry-After, without an STS call, while other callers get credentials', async (test) => {
    const wire = await startMeasuredWire({ config: configured({ grants: GRANTS }) });
    test.after(() => wire.close());
    const vend = async (n: number) => wire.get(VEND_PATH, { headers: asAccount(wire, n) });
    const replies = [];
    for (let i = 0; i < BURST; i += 1) replies.push(await vend(1));
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
    await wire.forgetCalls();
    const limited = await vend(1);
    assert.deepEqual(
      [limited.status, limited.headers['x-fedbridge-error'], limited.headers['retry-after']],
      [429, 'overloaded', '10'],
    );
    assert.deepEqual(await wire.calls('sts'), []);
    assert.equal((await vend(2)).status, 200);
    const counted = (outcome: string): Promise<number> =>
      wire.metric(`fedbridge_vended_credentials_total{role="lake",outcome="${outcome}"}`);
    assert.equal(await counted('ok'), BURST + 1);
    assert.equal(await counted('vend_rate_limited'), 1);
  });
});

describe('a request for credentials', () => {
  it('is logged in one line, with the caller, bucket, role and session name, but without the credentials', async (test) => {
    const wire = await startWire({ config: configured({ grants: GRANTS }) });
    test.after(() => wire.close());
    const issued = credentialsIn(await wire.get(VEND_PATH, { as: 'reader' }));
    const line = await wire.bridge.line(({ operation }) => operation === 'vend');
    const { severity, caller, bucket, role, sessionName, status } = line;
    assert.deepEqual(
      { severity, caller, bucket, role, sessionName, status },
      {
        severity: 'INFO',
        caller: 'reader@acme-prod.iam.gserviceaccount.com',
        bucket: 'acme-lake',
        role: 'lake',
        sessionName: 'vend=reader@acme-prod',
        status: 200,
      },
    );
    assert.equal(wire.bridge.lines.filter(({ operation }) => operation === 'vend').length, 1);
    for (const secret of [issued.AccessKeyId, issued.SecretAccessKey, issued.Token])
      assert.ok(!wire.bridge.output().includes(secret));
  });

  it('from a web page gets neither CORS headers nor a successful preflight, whatever the cors setting allows', async (test) => {
    const more = 'cors: { origins: ["*"] }';
    const wire = await startWire({ config: configured({ grants: GRANTS, more }) });
    test.after(() => wire.close());
    const origin = 'https://app.example';
    const corsOf = (headers: object): string[] =>
      Object.keys(headers).filter((name) => name.startsWith('access-control-'));
    const preflight = { origin, 'access-control-request-method': 'GET' };
    for (const path of [VEND_PATH, '/-/credentials#?bucket=acme-lake&mode=aws']) {
      const asked = await wire.get(path, { method: 'OPTIONS', headers: preflight });
      assert.equal(asked.status, 405, path);
      assert.deepEqual(corsOf(asked.headers), [], path);
      assert.deepEqual(corsOf((await wire.get(path, { as: 'reader', headers: { origin } })).headers), []);
    }
    assert.equal((await wire.get('/-/whoami', { method: 'OPTIONS', headers: preflight })).status, 204);
  });
});
