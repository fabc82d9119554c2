// Only the configuration determines whether the requester pays. The configuration and the caller can each require a bucket
// owner, and neither requirement is ever ignored.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf } from '../../support/configuration.ts';
import { assertLogged } from '../../support/refused-token.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const BUCKETS = {
  'acme-plain': 'role: lake, target: acme-lake',
  'acme-paid': 'role: lake, target: acme-lake, requesterPays: true',
  'acme-owned': 'role: lake, target: acme-lake, expectedOwner: "123456789012"',
  'acme-foreign': 'role: lake, target: acme-lake, expectedOwner: "999999999999"',
};

const OWNER = '123456789012';
const OWN = { 'x-amz-expected-bucket-owner': OWNER };
const OTHER = { 'x-amz-expected-bucket-owner': '999999999999' };

describe('the bridge', () => {
  let wire: Wire;
  before(async () => {
    const grants = Object.keys(BUCKETS).map(
      (bucket) => `callers: [${emailOf('reader')}], allow: [get, list, versions], bucket: ${bucket}`,
    );
    const scoped = ['acme-plain', 'acme-owned'].map(
      (bucket) => `callers: [${emailOf('scoped')}], allow: [list], bucket: ${bucket}, prefix: raw/public/`,
    );
    wire = await startWire({ config: configured({ buckets: BUCKETS, grants: [...grants, ...scoped] }) });
  });
  after(() => wire.close());

  const sentHeaders = async (path: string, headers: Record<string, string> = {}): Promise<unknown[]> => {
    await wire.forgetCalls();
    const { status } = await wire.get(path, { as: 'reader', headers });
    const [call] = await wire.calls('s3');
    const sent = call?.['headers'] as Record<string, string>;
    return [status, sent['x-amz-request-payer'], sent['x-amz-expected-bucket-owner']];
  };

  it('sends S3 no requester-pays or expected-owner header unless it is configured', async () => {
    assert.deepEqual(await sentHeaders('/acme-plain/README.txt'), [200, undefined, undefined]);
  });
  it('sends configured requester-pays and expected-owner headers with reads and listings', async () => {
    for (const path of ['/README.txt', '?list-type=2', '?prefix=raw/']) {
      assert.deepEqual(await sentHeaders(`/acme-paid${path}`), [200, 'requester', undefined]);
      assert.deepEqual(await sentHeaders(`/acme-owned${path}`), [200, undefined, '123456789012']);
    }
  });
  it("does not send the caller's x-amz-request-payer to S3", async () => {
    const headers = { 'x-amz-request-payer': 'requester' };
    assert.deepEqual(await sentHeaders('/acme-plain/README.txt', headers), [200, undefined, undefined]);
  });

  const READS = ['/README.txt', '?list-type=2', '?versions', '?prefix=raw/'];

  it("sends the caller's expected bucket owner to S3 if none is configured", async () => {
    for (const path of READS) {
      assert.deepEqual(await sentHeaders(`/acme-plain${path}`, OWN), [200, undefined, OWNER]);
      assert.deepEqual(await sentHeaders(`/acme-plain${path}`, OTHER), [403, undefined, '999999999999']);
    }
  });
  it("responds with 403 if the caller's expected bucket owner differs from the configured one", async () => {
    for (const path of READS) {
      assert.deepEqual(await sentHeaders(`/acme-owned${path}`, OWN), [200, undefined, OWNER]);
      await wire.forgetCalls();
      const reply = await wire.get(`/acme-owned${path}`, { as: 'reader', headers: OTHER });
      assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
      assert.match(reply.text, /x-amz-expected-bucket-owner/);
      assert.deepEqual(await wire.calls('s3'), []);
      await assertLogged(wire, reply, 'owner_mismatch');
    }
  });
  it("checks the caller's expected bucket owner on every route, and responds with 403 if the value is malformed", async () => {
    for (const path of [
      '/-/object?bucket=acme-owned&key=README.txt',
      '/-/objects?bucket=acme-owned',
      '/-/object?bucket=acme-plain&key=README.txt',
      '/-/objects?bucket=acme-plain',
    ])
      assert.equal((await wire.get(path, { as: 'reader', headers: OTHER })).status, 403, path);
    for (const value of ['', '1', `${OWNER}, ${OWNER}`])
      assert.equal(
        (
          await wire.get('/acme-owned/README.txt', {
            as: 'reader',
            headers: { 'x-amz-expected-bucket-owner': value },
          })
        ).status,
        403,
        `"${value}"`,
      );
  });
  it("checks the caller's expected bucket owner for HEAD of a bucket", async () => {
    const status = async (bucket: string, headers: Record<string, string>): Promise<number> =>
      (await wire.get(`/${bucket}`, { as: 'reader', method: 'HEAD', headers })).status;
    // A result cached for a HEAD without an expected owner must not be used for a HEAD with one.
    for (const bucket of ['acme-plain', 'acme-owned']) {
      assert.equal(await status(bucket, {}), 200, bucket);
      assert.equal(await status(bucket, OTHER), 403, bucket);
      assert.equal(await status(bucket, OWN), 200, bucket);
      assert.equal(await status(bucket, OTHER), 403, bucket);
    }
  });
  it("compares the caller's expected bucket owner with the configured one if S3 is not called, and responds with 501 if no owner is configured", async () => {
    for (const path of ['?location', '?delimiter=/']) {
      const status = async (bucket: string, headers: Record<string, string>): Promise<number> =>
        (await wire.get(`/${bucket}${path}`, { as: 'scoped', headers })).status;
      assert.equal(await status('acme-owned', OWN), 200, path);
      assert.equal(await status('acme-owned', OTHER), 403, path);
      assert.equal(await status('acme-plain', OWN), 501, path);
      assert.equal(await status('acme-plain', {}), 200, path);
    }
  });
  it('responds with 403 to HEAD of a bucket with a new owner if the caller expects the old owner', async () => {
    const requiringOldOwner = { as: 'reader', method: 'HEAD', headers: OTHER } as const;
    assert.equal((await wire.get('/acme-foreign', requiringOldOwner)).status, 403);
    // The result of a HEAD without an expected owner must not be reused for a HEAD with one.
    await wire.get('/acme-foreign', { as: 'reader', method: 'HEAD' });
    assert.equal((await wire.get('/acme-foreign', requiringOldOwner)).status, 403);
  });
  it('denies reads of a bucket with a new owner if the configuration expects the old owner', async () => {
    const reply = await wire.get('/acme-foreign/README.txt', { as: 'reader' });
    assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'upstream_denied']);
  });
});

it("the bridge compares the caller's expected bucket owner before it calls STS", async (test) => {
  const grants = [`callers: [${emailOf('reader')}], allow: [get], bucket: acme-owned`];
  const wire = await startWire({ config: configured({ buckets: BUCKETS, grants }) });
  test.after(() => wire.close());
  await wire.fault({ upstream: 'sts', fault: 'status', status: 500 });
  const reply = await wire.get('/acme-owned/README.txt', { as: 'reader', headers: OTHER });
  assert.equal(reply.status, 403);
});
