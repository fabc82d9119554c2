// A bucket with its own endpoint is read from that endpoint, with path-style URLs. Other buckets are not affected.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('a bucket with its own endpoint', () => {
  let wire: Wire;
  let elsewhere: StandIn;
  before(async () => {
    elsewhere = await startStandIn((_request, response) => {
      response.end('from elsewhere');
    });
    const { origin } = elsewhere;
    const buckets = {
      'acme-lake': 'role: lake',
      'acme-other': `role: lake, region: us-east-2, endpoint: "${origin}"`,
    };
    const grants = Object.keys(buckets).map(
      (bucket) => `callers: ["project:acme-prod"], allow: [get, list], bucket: ${bucket}`,
    );
    wire = await startWire({ config: configured({ buckets, grants }) });
  });
  after(async () => {
    await wire.close();
    elsewhere.close();
  });

  it('is read from that endpoint, with its own region and path-style URLs', async () => {
    await wire.forgetCalls();
    assert.equal((await wire.get('/acme-other/a%20b//c', { as: 'reader' })).text, 'from elsewhere');
    assert.deepEqual(await wire.calls('s3'), []);
    const sent = elsewhere.asked.at(-1);
    assert.equal(sent?.url, '/acme-other/a%20b//c');
    assert.equal(sent.headers.host, new URL(elsewhere.origin).host);
    assert.match(sent.headers.authorization ?? '', /\/us-east-2\/s3\/aws4_request, SignedHeaders=host;/);
  });

  it('does not affect other buckets', async () => {
    const before = elsewhere.asked.length;
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 200);
    assert.equal(elsewhere.asked.length, before);
  });
});
