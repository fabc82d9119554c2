// `/-/object` is the bridge's own route: it rejects unknown parameters as mistakes, although S3 ignores them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('/-/object', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire();
  });
  after(() => wire.close());

  const read = (more: string): ReturnType<Wire['get']> =>
    wire.get(`/-/object?bucket=acme-lake&key=README.txt${more}`, { as: 'reader' });

  it('rejects a misspelled parameter instead of serving a different version', async () => {
    const reply = await read('&versionID=1');
    assert.equal(reply.status, 501);
    assert.match(reply.text, /versionID|parameter/);
  });

  it("accepts S3's parameters, and the parameter x-id, which SDKs add", async () => {
    assert.equal((await read('&response-content-type=text/plain&x-id=GetObject')).status, 200);
  });
});
