// A bucket with an endpoint of its own is read there, in path style, and the others stay where they are.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { configured } from '../../support/configuration.ts';
import { startStandIn } from '../../support/s3-stand-in.ts';
import type { StandIn } from '../../support/s3-stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

describe('a bucket with an endpoint', () => {
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

  it('is read there, by its own region and in path style', async () => {
    await wire.forgetCalls();
    assert.equal((await wire.get('/acme-other/a%20b//c', { as: 'reader' })).text, 'from elsewhere');
    assert.deepEqual(await wire.calls('s3'), []);
    const asked = elsewhere.asked.at(-1);
    assert.equal(asked?.url, '/acme-other/a%20b//c');
    assert.equal(asked.headers.host, new URL(elsewhere.origin).host);
    assert.match(asked.headers.authorization ?? '', /\/us-east-2\/s3\/aws4_request, SignedHeaders=host;/);
  });

  it('leaves the others where they are', async () => {
    const before = elsewhere.asked.length;
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 200);
    assert.equal(elsewhere.asked.length, before);
  });
});
