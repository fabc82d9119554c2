// A bucket can be served under a different name. Requests to S3 use the bucket's real name, which callers never see.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { configured } from '../../support/configuration.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { StandIn } from '../../support/stand-in.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const MARK = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>';
const KEYS = Array.from(
  { length: 5000 },
  (_, i) => `<Contents><Key>été/&lt;Name&gt;hidden-bucket ${i}</Key></Contents>`,
);
const LIST = `${MARK}<Name>hidden-bucket</Name><Prefix></Prefix>${KEYS.join('')}</ListBucketResult>`;

/**
 * For each requested prefix, the offsets at which S3's response is split into chunks: inside the `Name` element, or far after
 * it.
 */
const SPLITS: Readonly<Record<string, readonly number[]>> = {
  whole: [],
  tag: [MARK.length + 3],
  name: [MARK.length + 6, MARK.length + 9],
  end: [MARK.length + '<Name>hidden-bucket</Na'.length],
  large: [MARK.length + 10, 5000, 100_000],
};

describe('a bucket served under a different name', () => {
  let wire: Wire;
  let s3: StandIn;
  before(async () => {
    s3 = await startStandIn(async (request, response) => {
      const prefix = new URL(request.url ?? '/', 'http://s3').searchParams.get('prefix') ?? 'whole';
      const splits = [0, ...(SPLITS[prefix] ?? []), undefined];
      const bytes = Buffer.from(LIST);
      response.writeHead(200, { 'content-type': 'application/xml', 'content-length': bytes.length });
      for (const [i, from] of splits.slice(0, -1).entries()) {
        response.write(bytes.subarray(from, splits[i + 1]));
        // Pauses long enough for each chunk to arrive separately.
        await pause(15);
      }
      response.end();
    });
    wire = await startWire({
      config: configured({
        buckets: {
          'acme-shown': 'role: lake, target: acme-lake',
          'acme-chunked': `role: lake, target: hidden-bucket, endpoint: "${s3.origin}"`,
        },
        grants: ['acme-shown', 'acme-chunked'].map(
          (bucket) => `callers: ["project:acme-prod"], allow: [get, list, versions], bucket: ${bucket}`,
        ),
      }),
    });
  });
  after(async () => {
    await wire.close();
    s3.close();
  });

  it('can be read and listed by that name', async () => {
    assert.equal((await wire.get('/acme-shown/raw/public/orders.csv', { as: 'reader' })).status, 200);
    for (const query of ['list-type=2', 'prefix=raw/', 'versions']) {
      const { text, headers } = await wire.get(`/acme-shown?${query}`, { as: 'reader' });
      assert.match(text, /<Name>acme-shown<\/Name>/, query);
      assert.doesNotMatch(text + JSON.stringify(headers), /acme-lake/);
    }
    const json = await wire.get('/-/objects?bucket=acme-shown', { as: 'reader' });
    assert.equal((JSON.parse(json.text) as { bucket: string }).bucket, 'acme-shown');
  });

  it('cannot be reached by its real name', async () => {
    assert.equal((await wire.get('/acme-lake/raw/public/orders.csv', { as: 'reader' })).status, 403);
    assert.match((await wire.get('/', { as: 'reader' })).text, /<Name>acme-chunked<.*<Name>acme-shown</);
  });

  it('does not show its real name in errors', async () => {
    const reply = await wire.get('/acme-shown/absent', { as: 'reader' });
    assert.equal(reply.status, 404);
    assert.doesNotMatch(reply.text + JSON.stringify(reply.headers), /acme-lake/);
  });

  for (const prefix of Object.keys(SPLITS)) {
    it(`has only its name replaced in S3's listing, however the listing is split into chunks (case ${prefix})`, async () => {
      const { text } = await wire.get(`/acme-chunked?list-type=2&prefix=${prefix}`, { as: 'reader' });
      assert.ok(text === LIST.replace('<Name>hidden-bucket</Name>', '<Name>acme-chunked</Name>'));
    });
  }
});
