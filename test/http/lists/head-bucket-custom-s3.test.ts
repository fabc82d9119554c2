// HEAD requests for a bucket also work with S3 servers that reject the bridge's list request.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuse, startStoodInWire } from '../../support/stand-in-wire.ts';

describe('HEAD of a bucket', () => {
  for (const [status, code] of [
    [400, 'InvalidArgument'],
    [501, 'NotImplemented'],
  ] as const) {
    it(`returns 200 if S3 responds with ${status} ${code} to a listing with max-keys=0`, async (test) => {
      const wire = await startStoodInWire();
      test.after(() => wire.close());
      wire.s3Answers((_request, response) => {
        refuse(response, status, code);
      });
      assert.equal((await wire.read({ method: 'HEAD', path: '/acme-lake' })).status, 200);
    });
  }
});
