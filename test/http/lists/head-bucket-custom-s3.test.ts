// HEAD of a bucket at an S3 server that does not list as AWS does.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuse, startStoodInWire } from '../../support/stand-in-wire.ts';

describe('HEAD of a bucket', () => {
  for (const [status, code] of [
    [400, 'InvalidArgument'],
    [501, 'NotImplemented'],
  ] as const) {
    it(`is 200 if S3 responds ${status} ${code} to a list of no keys`, async (test) => {
      const wire = await startStoodInWire();
      test.after(() => wire.close());
      wire.s3Answers((_request, response) => {
        refuse(response, status, code);
      });
      assert.equal((await wire.read({ method: 'HEAD', path: '/acme-lake' })).status, 200);
    });
  }
});
