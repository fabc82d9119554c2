// Who pays is the configuration's to decide. Whose bucket it must be, both may demand, and a caller's demand is never ignored.
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

describe('requester pays and the expected owner', () => {
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

  const headersUp = async (path: string, headers: Record<string, string> = {}): Promise<unknown[]> => {
    await wire.forgetCalls();
    const { status } = await wire.get(path, { as: 'reader', headers });
    const [call] = await wire.calls('s3');
    const up = call?.['headers'] as Record<string, string>;
    return [status, up['x-amz-request-payer'], up['x-amz-expected-bucket-owner']];
  };

  it('are not sent unless they are configured', async () => {
    assert.deepEqual(await headersUp('/acme-plain/README.txt'), [200, undefined, undefined]);
  });
  it('are sent with reads and lists where they are', async () => {
    for (const path of ['/README.txt', '?list-type=2', '?prefix=raw/']) {
      assert.deepEqual(await headersUp(`/acme-paid${path}`), [200, 'requester', undefined]);
      assert.deepEqual(await headersUp(`/acme-owned${path}`), [200, undefined, '123456789012']);
    }
  });
  it('requester pays is only sent if it is configured', async () => {
    const headers = { 'x-amz-request-payer': 'requester' };
    assert.deepEqual(await headersUp('/acme-plain/README.txt', headers), [200, undefined, undefined]);
  });

  const READS = ['/README.txt', '?list-type=2', '?versions', '?prefix=raw/'];

  it("a caller's expected owner is sent if none is configured", async () => {
    for (const path of READS) {
      assert.deepEqual(await headersUp(`/acme-plain${path}`, OWN), [200, undefined, OWNER]);
      assert.deepEqual(await headersUp(`/acme-plain${path}`, OTHER), [403, undefined, '999999999999']);
    }
  });
  it("a caller's expected owner must be the configured one", async () => {
    for (const path of READS) {
      assert.deepEqual(await headersUp(`/acme-owned${path}`, OWN), [200, undefined, OWNER]);
      await wire.forgetCalls();
      const reply = await wire.get(`/acme-owned${path}`, { as: 'reader', headers: OTHER });
      assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
      assert.match(reply.text, /x-amz-expected-bucket-owner/);
      assert.deepEqual(await wire.calls('s3'), []);
      await assertLogged(wire, reply, 'owner_mismatch');
    }
  });
  it('an expected owner holds in every way to read an object', async () => {
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
  it('an expected owner counts for HEAD of a bucket', async () => {
    const status = async (bucket: string, headers: Record<string, string>): Promise<number> =>
      (await wire.get(`/${bucket}`, { as: 'reader', method: 'HEAD', headers })).status;
    // A confirmation without an owner does not count for one.
    for (const bucket of ['acme-plain', 'acme-owned']) {
      assert.equal(await status(bucket, {}), 200, bucket);
      assert.equal(await status(bucket, OTHER), 403, bucket);
      assert.equal(await status(bucket, OWN), 200, bucket);
      assert.equal(await status(bucket, OTHER), 403, bucket);
    }
  });
  it('an expected owner is compared, or refused, if S3 is not called', async () => {
    for (const path of ['?location', '?delimiter=/']) {
      const status = async (bucket: string, headers: Record<string, string>): Promise<number> =>
        (await wire.get(`/${bucket}${path}`, { as: 'scoped', headers })).status;
      assert.equal(await status('acme-owned', OWN), 200, path);
      assert.equal(await status('acme-owned', OTHER), 403, path);
      assert.equal(await status('acme-plain', OWN), 501, path);
      assert.equal(await status('acme-plain', {}), 200, path);
    }
  });
  it('make HEAD of a bucket that has changed hands 403 for a caller that demands its old owner', async () => {
    const demand = { as: 'reader', method: 'HEAD', headers: OTHER } as const;
    assert.equal((await wire.get('/acme-foreign', demand)).status, 403);
    // Nor is it answered from what S3 said to a caller that demanded nothing.
    await wire.get('/acme-foreign', { as: 'reader', method: 'HEAD' });
    assert.equal((await wire.get('/acme-foreign', demand)).status, 403);
  });
  it('make a bucket that has changed hands unreadable', async () => {
    const reply = await wire.get('/acme-foreign/README.txt', { as: 'reader' });
    assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'upstream_denied']);
  });
});

it('an expected owner is compared before AWS is called for credentials', async (test) => {
  const grants = [`callers: [${emailOf('reader')}], allow: [get], bucket: acme-owned`];
  const wire = await startWire({ config: configured({ buckets: BUCKETS, grants }) });
  test.after(() => wire.close());
  await wire.fault({ supplier: 'sts', fault: 'status', status: 500 });
  const reply = await wire.get('/acme-owned/README.txt', { as: 'reader', headers: OTHER });
  assert.equal(reply.status, 403);
});
