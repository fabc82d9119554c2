// S3 ignores Range on a list: its API Reference documents the header only for GetObject and HeadObject.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured, emailOf, READER_MAY_ALL } from '../../support/configuration.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('the Range header', () => {
  let wire: Wire;
  before(async () => {
    const scoped = `callers: [${emailOf('scoped')}], allow: [list], bucket: acme-lake, prefix: raw/public/`;
    wire = await startWire({ config: configured({ grants: [READER_MAY_ALL, scoped] }) });
  });
  after(() => wire.close());

  for (const [as, path] of [
    ['reader', '/acme-lake?list-type=2'],
    ['reader', '/acme-lake'],
    ['reader', '/acme-lake?versions'],
    ['reader', '/-/objects?bucket=acme-lake'],
    ['scoped', '/acme-lake?list-type=2&delimiter=/'],
    ['reader', '/acme-lake?location'],
    ['reader', '/'],
  ] as const) {
    it(`is ignored in a request for ${path} by the caller ${as}`, async () => {
      const whole = await wire.get(path, { as });
      for (const range of ['bytes=0-9', 'bytes=999999-', 'bytes=-1']) {
        for (const more of [{}, { 'if-range': '"a"' }]) {
          const reply = await wire.get(path, { as, headers: { range, ...more } });
          assert.deepEqual([reply.status, reply.text], [200, whole.text], range);
          assert.equal(reply.headers['content-range'], undefined);
        }
      }
    });
  }
});
