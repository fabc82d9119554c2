// Who pays and whose bucket it must be, the configuration says; callers’ headers do not count.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const BUCKETS = {
  'acme-plain': 'role: lake, target: acme-lake',
  'acme-paid': 'role: lake, target: acme-lake, requesterPays: true',
  'acme-owned': 'role: lake, target: acme-lake, expectedOwner: "123456789012"',
  'acme-foreign': 'role: lake, target: acme-lake, expectedOwner: "999999999999"',
};

describe('requester pays and the expected owner', () => {
  let wire: Wire;
  before(async () => {
    const grants = Object.keys(BUCKETS).map(
      (bucket) => `callers: ["project:acme-prod"], allow: [get, list], bucket: ${bucket}`,
    );
    wire = await startWire({ config: configured({ buckets: BUCKETS, grants }) });
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
  it('are not a caller’s to say', async () => {
    const said = { 'x-amz-request-payer': 'requester', 'x-amz-expected-bucket-owner': '999999999999' };
    assert.deepEqual(await headersUp('/acme-plain/README.txt', said), [200, undefined, undefined]);
    assert.deepEqual(await headersUp('/acme-owned/README.txt', said), [200, undefined, '123456789012']);
  });
  it('make a bucket that has changed hands unreadable', async () => {
    const reply = await wire.get('/acme-foreign/README.txt', { as: 'reader' });
    assert.deepEqual([reply.status, reply.headers['x-fedbridge-error']], [403, 'upstream_denied']);
  });
});
