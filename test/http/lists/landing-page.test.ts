// At `/`, a browser without credentials gets a page about the bridge. Every other request is treated as S3's ListBuckets.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asBearer, asS3Client } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

describe('the page at /', () => {
  let wire: Wire;
  before(async () => (wire = await startWire()));
  after(() => wire.close());

  it("shows a browser the bridge's audience, and how to read an object", async () => {
    const reply = await wire.get('/', { headers: { accept: BROWSER } });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(reply.headers.vary, 'Accept');
    assert.match(String(reply.headers['content-security-policy']), /^default-src 'none';/);
    assert.match(reply.text, /<code>https:\/\/lake-bridge\.example<\/code>/);
    assert.match(
      reply.text,
      /curl -H &quot;Authorization: Bearer \$TOKEN&quot; 'https:\/\/lake-bridge\.example\/BUCKET\/KEY'/,
    );
    assert.doesNotMatch(reply.text, /acme-lake|arn:/);
    const head = await wire.get('/', { method: 'HEAD', headers: { accept: BROWSER } });
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    assert.equal(head.headers['content-length'], reply.headers['content-length']);
  });

  it('is not sent if a request has credentials or parameters, or prefers another format', async () => {
    const token = await wire.token('reader');
    for (const headers of [asBearer(token), asS3Client(token)]) {
      const reply = await wire.get('/', { headers: { ...headers, accept: BROWSER } });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /<ListAllMyBucketsResult /);
    }
    for (const [path, accept] of [
      ['/', undefined],
      ['/', '*/*'],
      ['/', 'application/xml, text/html;q=0.9'],
      ['/', 'text/*'],
      ['/', 'text/html;q=0'],
      ['/?max-buckets=1', BROWSER],
      ['/acme-lake', BROWSER],
    ] as const) {
      const reply = await wire.get(path, { headers: accept === undefined ? {} : { accept } });
      assert.equal(reply.status, 401, `${path} ${accept}`);
      assert.match(reply.text, /has no identity token/);
    }
    assert.equal((await wire.get('/', { method: 'POST', headers: { accept: BROWSER } })).status, 405);
  });
});
