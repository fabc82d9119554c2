// The bridge rejects invalid keys and bucket names with S3's error codes. test/conformance/keys.ts tests valid keys.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('a path with an invalid key or bucket name', () => {
  let wire: Wire;
  let authorization: string;
  before(async () => {
    wire = await startWire();
    authorization = `Bearer ${await wire.token('reader')}`;
  });
  after(() => wire.close());

  it("is rejected with S3's error code", async () => {
    for (const [path, code] of [
      ['/acme-lake/%zz', 'InvalidURI'],
      ['/acme-lake/%C3', 'InvalidURI'],
      ['/acme-lake/%00', 'InvalidURI'],
      [`/acme-lake/${'k'.repeat(1025)}`, 'KeyTooLongError'],
      ['/ACME/x', 'InvalidBucketName'],
      ['//acme-lake/x', 'InvalidBucketName'],
      ['/acme-lake%2fraw/x', 'InvalidBucketName'],
    ] as const) {
      const reply = await wire.get(path, { headers: { authorization } });
      assert.equal(reply.status, 400, path.slice(0, 60));
      assert.equal(reply.code, code);
    }
  });
});
