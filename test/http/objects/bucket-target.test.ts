// A bucket that is served under a name of the bridge's own: S3 is asked for its own name, callers never hear it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { configured } from '../../support/configuration.ts';
import { startStandIn } from '../../support/s3-stand-in.ts';
import type { StandIn } from '../../support/s3-stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const MARK = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>';
const KEYS = Array.from(
  { length: 5000 },
  (_, i) => `<Contents><Key>été/&lt;Name&gt;hidden-bucket ${i}</Key></Contents>`,
);
const LIST = `${MARK}<Name>hidden-bucket</Name><Prefix></Prefix>${KEYS.join('')}</ListBucketResult>`;

/** Where S3's bytes are cut on their way, by what the caller asks for: within the name's element, and far beyond it. */
const CUTS: Readonly<Record<string, readonly number[]>> = {
  whole: [],
  tag: [MARK.length + 3],
  name: [MARK.length + 6, MARK.length + 9],
  end: [MARK.length + '<Name>hidden-bucket</Na'.length],
  large: [MARK.length + 10, 5000, 100_000],
};

describe('a bucket under another name', () => {
  let wire: Wire;
  let s3: StandIn;
  before(async () => {
    s3 = await startStandIn(async (request, response) => {
      const prefix = new URL(request.url ?? '/', 'http://s3').searchParams.get('prefix') ?? 'whole';
      const cuts = [0, ...(CUTS[prefix] ?? []), undefined];
      const bytes = Buffer.from(LIST);
      response.writeHead(200, { 'content-type': 'application/xml', 'content-length': bytes.length });
      for (const [i, from] of cuts.slice(0, -1).entries()) {
        response.write(bytes.subarray(from, cuts[i + 1]));
        // Long enough for the piece to travel alone.
        await pause(15);
      }
      response.end();
    });
    wire = await startWire({
      config: configured({
        buckets: {
          'acme-shown': 'role: lake, target: acme-lake',
          'acme-cut': `role: lake, target: hidden-bucket, endpoint: "${s3.origin}"`,
        },
        grants: ['acme-shown', 'acme-cut'].map(
          (bucket) => `callers: ["project:acme-prod"], allow: [get, list, versions], bucket: ${bucket}`,
        ),
      }),
    });
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  it('is read and listed by that name', async () => {
    assert.equal((await wire.get('/acme-shown/raw/public/orders.csv', { as: 'reader' })).status, 200);
    for (const query of ['list-type=2', 'prefix=raw/', 'versions']) {
      const { text, headers } = await wire.get(`/acme-shown?${query}`, { as: 'reader' });
      assert.match(text, /<Name>acme-shown<\/Name>/, query);
      assert.doesNotMatch(text + JSON.stringify(headers), /acme-lake/);
    }
    const json = await wire.get('/-/objects?bucket=acme-shown', { as: 'reader' });
    assert.equal((JSON.parse(json.text) as { bucket: string }).bucket, 'acme-shown');
  });

  it('is the only one of its names that callers may use', async () => {
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 403);
    assert.match((await wire.get('/', { as: 'reader' })).text, /<Name>acme-cut<.*<Name>acme-shown</);
  });

  it('is not told in errors', async () => {
    const reply = await wire.get('/acme-shown/absent', { as: 'reader' });
    assert.equal(reply.status, 404);
    assert.doesNotMatch(reply.text + JSON.stringify(reply.headers), /acme-lake/);
  });

  for (const prefix of Object.keys(CUTS)) {
    it(`keeps every other byte of a list, with pieces cut: ${prefix}`, async () => {
      const { text } = await wire.get(`/acme-cut?list-type=2&prefix=${prefix}`, { as: 'reader' });
      assert.ok(text === LIST.replace('<Name>hidden-bucket</Name>', '<Name>acme-cut</Name>'));
    });
  }
});
