// A response to HEAD has no body, so a header contains the error message, for people and for web pages.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import { configured } from '../../support/configuration.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const ORIGIN = 'https://app.example';
const OBJECT = '/acme-lake/raw/public/orders.csv';

describe('x-fedbridge-message', () => {
  let wire: Wire;
  before(async () => {
    const grants = [
      'callers: ["project:acme-prod"], allow: [get, list], bucket: acme-lake, prefix: raw/public/',
    ];
    wire = await startWire({ config: configured({ grants, more: `cors: { origins: ["${ORIGIN}"] }` }) });
  });
  after(() => wire.close());

  const messageAt = async (path: string, headers: Record<string, string> = {}, method = 'HEAD') => {
    const reply = await wire.get(path, { headers, method });
    return { status: reply.status, message: reply.headers['x-fedbridge-message'] };
  };
  const asReader = async (): Promise<Record<string, string>> => asBearer(await wire.token('reader'));

  it('contains the error message for the caller if the bridge rejects a HEAD', async () => {
    assert.deepEqual(await messageAt(OBJECT), { status: 401, message: FAULTS.token_missing.sentence });
    const ungranted = await messageAt('/acme-lake/raw/private/salaries.csv', await asReader());
    assert.deepEqual(ungranted, { status: 403, message: FAULTS.not_granted.sentence });
    const toS3Client = await messageAt('/acme-lake/raw/private/x', asS3Client(await wire.token('reader')));
    assert.deepEqual(toS3Client, { status: 403, message: FAULTS.not_granted.sentence });
  });

  it('contains the error message for the caller if S3 returns an error', async () => {
    const reply = await messageAt('/acme-lake/raw/public/absent', await asReader());
    assert.equal(reply.status, 404);
    assert.equal(reply.message, 'The object does not exist.');
  });

  it('is printable ASCII of at most 256 bytes, whatever the token contains', async () => {
    const token = wire.sandbox.mint(googleClaims(wire, 'reader', { aud: `é\r\n${'ö'.repeat(300)}` }));
    const { status, message } = await messageAt(OBJECT, asBearer(token));
    assert.equal(status, 401);
    assert.match(String(message), /^[ -~]{200,256}$/);
    assert.match(String(message), /This token is for "/);
  });

  it('never contains the cause, which is only for the operator', async (test) => {
    const cause = 'User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized';
    await wire.fault({ upstream: 's3', fault: 'error', code: 'AccessDenied', message: cause });
    test.after(() => wire.clearFaults());
    const { status, message } = await messageAt(OBJECT, await asReader());
    assert.equal(status, 403);
    assert.match(String(message), /^The storage service denied this read: [^:]+\.$/);
  });

  it('can be read by web pages from configured origins', async () => {
    const { headers } = await wire.get(OBJECT, { method: 'HEAD', headers: { origin: ORIGIN } });
    assert.equal(headers['access-control-expose-headers'], '*');
    assert.equal(headers['x-fedbridge-message'], FAULTS.token_missing.sentence);
  });

  it('is absent from responses to GET, which have the message in the body, and from responses that are not errors', async () => {
    assert.deepEqual(await messageAt(OBJECT, {}, 'GET'), { status: 401, message: undefined });
    assert.deepEqual(await messageAt(OBJECT, await asReader()), { status: 200, message: undefined });
    const { headers } = await wire.get(OBJECT, { as: 'reader' });
    const unchanged = { ...(await asReader()), 'if-none-match': String(headers.etag) };
    assert.deepEqual(await messageAt(OBJECT, unchanged), { status: 304, message: undefined });
  });
});
