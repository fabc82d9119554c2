// On SIGHUP the configuration is reloaded, completely or not at all, and everything that is unchanged keeps working.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SandboxContract } from '../../../src/sandbox/sandbox.ts';
import { open } from '../../support/http-request.ts';
import { startReloading } from '../../support/reloading.ts';
import type { ReloadingWire } from '../../support/reloading.ts';
import { emailOf } from '../../support/configuration.ts';

interface Shape {
  readonly audience?: string;
  readonly awsAudience?: string;
  /** The granted prefix in role `second`'s bucket. */
  readonly prefix?: string;
  readonly more?: string;
}

/** Two roles with one bucket each; both buckets map to the sandbox's bucket. */
const yaml =
  ({ audience, awsAudience, prefix = 'raw/', more = '' }: Shape = {}) =>
  (contract: SandboxContract): string => `
audience: ${audience ?? contract.audience}
aws: { region: ${contract.region}, audience: ${awsAudience ?? contract.awsAudience} }
roles:
  first: { arn: "${contract.role}" }
  second: { arn: "${contract.role}", then: [{ arn: "arn:aws:iam::210987654321:role/lake-data", externalId: 7f3c }] }
buckets:
  acme-first: { role: first, target: ${contract.bucket} }
  acme-second: { role: second, target: ${contract.bucket} }
grants:
  - { callers: ["${emailOf('reader')}"], allow: [get], bucket: acme-first }
  - { callers: ["${emailOf('reader')}"], allow: [get], bucket: acme-second, prefix: ${prefix} }
${more}`;

const FIRST = '/acme-first/raw/public/orders.csv';
const SECOND = '/acme-second/raw/public/orders.csv';

describe('a reloaded configuration', () => {
  let wire: ReloadingWire;
  const reload = (shape?: Shape) => wire.reload(yaml(shape)(wire.sandbox.contract));
  const statusOf = async (path: string): Promise<number> => (await wire.get(path, { as: 'reader' })).status;
  /**
   * @returns the actions in STS calls for callers' sessions. Unlike calls that only check roles, these calls have a policy with
   * an Allow statement.
   */
  const callersSessions = async (): Promise<unknown[]> =>
    (await wire.calls('sts'))
      .filter(({ policy }) => typeof policy === 'string' && policy.includes('"Allow"'))
      .map(({ action }) => action);
  before(async () => {
    wire = await startReloading(yaml());
  });
  after(() => wire.close());

  it('revokes a grant immediately, and keeps the credentials of unchanged roles', async () => {
    assert.deepEqual([await statusOf(FIRST), await statusOf(SECOND)], [200, 200]);
    await wire.forgetCalls();
    const line = await reload({ prefix: 'raw/private/' });
    assert.deepEqual([line['rolesKept'], line['rolesChanged']], [['first'], ['second']]);
    assert.deepEqual([line['event'], line['applied'], line['grants']], ['reload', true, 2]);
    assert.deepEqual([await statusOf(FIRST), await statusOf(SECOND)], [200, 403]);
    assert.deepEqual(await callersSessions(), []);
    await reload();
    assert.deepEqual([await statusOf(FIRST), await statusOf(SECOND)], [200, 200]);
    assert.deepEqual(await callersSessions(), ['AssumeRole'], 'only for the changed role');
  });

  it('that is invalid changes nothing, and each problem is logged', async () => {
    const before = wire.bridge.lines.length;
    await reload({ more: 'limits: { inFlight: 0 }\nnonsense: 1' });
    await wire.bridge.line(({ field }) => field === 'nonsense');
    const errors = wire.bridge.lines.slice(before).filter(({ severity }) => severity === 'ERROR');
    assert.deepEqual(errors.map(({ field }) => field).sort(), ['limits.inFlight', 'nonsense']);
    for (const { rule, message, remedy, event, applied } of errors) {
      assert.deepEqual([event, applied], ['reload', false]);
      assert.ok(String(rule).length > 10);
      assert.equal(typeof remedy, 'string');
      assert.match(String(message), /the configuration was not reloaded/);
    }
    assert.deepEqual([await statusOf(FIRST), await statusOf(SECOND)], [200, 200]);
    assert.equal((await wire.reload('audience: ['))['severity'], 'ERROR');
    assert.equal(await statusOf(FIRST), 200);
  });

  it('keeps counters, cached keys and cached tokens', async () => {
    const series = 'fedbridge_requests_total{operation="GetObject",status="200"}';
    const counted = await wire.metric(series);
    assert.ok(counted > 0);
    await wire.forgetCalls();
    await reload({ prefix: 'raw/public/' });
    assert.equal(await statusOf(SECOND), 200);
    assert.equal(await wire.metric(series), counted + 1);
    assert.deepEqual(await wire.calls('certs'), []);
    assert.equal(
      (await wire.calls('metadata')).filter(({ path }) => String(path).includes('/default/')).length,
      0,
    );
    await reload();
  });

  it('with a different audience rejects tokens for the old one', async () => {
    await reload({ audience: 'https://other.example' });
    assert.equal(await statusOf(FIRST), 401);
    const token = await wire.token('reader', { audience: 'https://other.example' });
    const reply = await wire.get(FIRST, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(reply.status, 200);
    await reload();
    assert.equal(await statusOf(FIRST), 200);
  });

  it('with a different aws.audience discards all credentials', async () => {
    await wire.forgetCalls();
    const line = await reload({ awsAudience: 'another' });
    assert.deepEqual([line['rolesKept'], line['rolesChanged']], [[], ['first', 'second']]);
    assert.equal(await statusOf(FIRST), 502, 'the trust policy pins the old audience');
    await reload();
    assert.equal(await statusOf(FIRST), 200);
  });

  it('with a different grant keeps the bridge ready even if STS is unreachable', async () => {
    await wire.fault({ upstream: 'sts', fault: 'refuse' });
    await reload({ prefix: 'raw/other/' });
    assert.equal((await wire.get('/-/ready')).status, 200);
    await wire.clearFaults();
    await reload();
    assert.deepEqual([await statusOf(FIRST), await statusOf(SECOND)], [200, 200]);
  });

  it('does not affect a download in progress, even if limits change', async () => {
    await wire.put('raw/slow.bin', Buffer.alloc(300_000, 7));
    // The bridge's clock is stopped, so that the paused download never counts as stalled.
    await wire.setClocks({ steadyStands: true });
    await wire.fault({ upstream: 's3', fault: 'hold', after: 100_000, times: 1 });
    const headers = { authorization: `Bearer ${await wire.token('reader')}` };
    const download = await open(wire.bridge.url, '/acme-second/raw/slow.bin', { headers });
    assert.equal(download.statusCode, 200);
    await reload({ prefix: 'raw/private/', more: 'limits: { stall: 7s, inFlight: 5, perCaller: 5 }' });
    assert.deepEqual([await statusOf(FIRST), await statusOf(SECOND)], [200, 403]);
    await wire.clearFaults();
    let bytes = 0;
    for await (const chunk of download) bytes += (chunk as Buffer).length;
    assert.equal(bytes, 300_000);
  });

  it('with a different drain timeout applies that timeout to the next shutdown', async () => {
    await reload({ more: 'limits: { drain: 7s }' });
    assert.equal(await wire.bridge.stop(), 0);
    assert.match(wire.bridge.output(), /responses in progress have 7 s to finish/);
  });
});
