// If checksum verification is on for a bucket, the bridge closes a response with the wrong checksum before its end.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { createCrc32c, createCrc64Nvme } from '../../../src/s3/crc.ts';
import { open } from '../../support/http-request.ts';
import { brokenOff, giveObject } from '../../support/object-at-s3.ts';
import { startStoodInWire } from '../../support/stand-in-wire.ts';
import type { StoodInWire } from '../../support/stand-in-wire.ts';

const BODY = Buffer.from(Array.from({ length: 50_000 }, (_, i) => [i >> 8, i, i * 7]).flat());
const CORRUPT = Buffer.from(BODY);
CORRUPT.writeUInt8(CORRUPT.readUInt8(1000) ^ 1, 1000);

function base64(value: bigint, bytes: number): string {
  return Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex').toString('base64');
}

const SUMS = {
  crc32: base64(BigInt(crc32(BODY)), 4),
  crc32c: base64(BigInt(createCrc32c()(BODY, 0)), 4),
  crc64nvme: base64(createCrc64Nvme()(BODY, 0n), 8),
  sha256: createHash('sha256').update(BODY).digest('base64'),
};

const checksumHeaders = (sums: Readonly<Record<string, string>>, type?: string): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [`x-amz-checksum-${name}`, sum])),
  ...(type === undefined ? {} : { 'x-amz-checksum-type': type }),
});

describe('the bridge, with checksum verification on', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire({ bucket: ', verifyChecksums: true' });
  });
  after(() => wire.close());

  const assertClosedEarly = async (key: string, size = BODY.length): Promise<void> => {
    const authorization = `Bearer ${await wire.token('reader')}`;
    let bytes = 0;
    await assert.rejects(async () => {
      const response = await open(wire.bridge.url, `/acme-lake/${key}`, { headers: { authorization } });
      for await (const chunk of response) bytes += (chunk as Buffer).length;
    });
    assert.ok(bytes < size, 'the end was withheld');
    const line = await wire.bridge.line((each) => each['key'] === key);
    assert.deepEqual(
      [line['fault'], line['severity'], line['abortedBy']],
      ['checksum_mismatch', 'ERROR', 's3'],
    );
  };

  for (const [name, sum] of Object.entries(SUMS)) {
    for (const type of [undefined, 'FULL_OBJECT']) {
      it(`serves an object with the right ${name} and ${type === undefined ? 'no checksum type' : `the checksum type ${type}`}`, async () => {
        wire.s3Answers(brokenOff({ body: BODY, headers: checksumHeaders({ [name]: sum }, type) }));
        const reply = await wire.read();
        assert.ok(reply.body.equals(BODY));
        assert.equal(wire.asked()[0]?.headers['x-amz-checksum-mode'], 'ENABLED');
        assert.match(
          String(wire.asked()[0]?.headers.authorization),
          /SignedHeaders=[^,]*x-amz-checksum-mode/,
        );
      });
    }
    it(`closes a response early if its ${name} checksum is wrong`, async () => {
      wire.s3Answers(brokenOff({ body: CORRUPT, headers: checksumHeaders({ [name]: sum }) }));
      await assertClosedEarly(`corrupt-${name}`);
    });
  }

  it('does not send a single byte of a one-chunk object with the wrong checksum', async () => {
    wire.s3Answers(brokenOff({ body: Buffer.from('x'), headers: checksumHeaders(SUMS) }));
    await assertClosedEarly('one-byte', 1);
  });

  it('withholds the last bytes of a corrupt object even if S3 ends its response late', async () => {
    wire.s3Answers(async (_request, response) => {
      response.writeHead(200, { etag: '"e1"', ...checksumHeaders(SUMS) });
      response.write(CORRUPT);
      await setTimeout(200);
      response.end();
    });
    await assertClosedEarly('ends-later');
  });

  it('serves an empty object', async () => {
    wire.s3Answers(brokenOff({ body: Buffer.alloc(0), headers: checksumHeaders({ crc32: 'AAAAAA==' }) }));
    const reply = await wire.read();
    assert.deepEqual([reply.status, reply.body.length], [200, 0]);
  });

  it('serves an object that was truncated and resumed', async () => {
    const object = { body: BODY, headers: checksumHeaders({ crc64nvme: SUMS.crc64nvme }) };
    wire.s3Answers(brokenOff(object, { after: 10_000 }, { after: 1 }));
    assert.ok((await wire.read()).body.equals(BODY));
  });

  it('closes a response early if it was resumed with different bytes', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      const headers = checksumHeaders({ crc32c: SUMS.crc32c });
      if (requests === 1) giveObject({ body: BODY, headers }, request, response, { after: 500 });
      else giveObject({ body: CORRUPT }, request, response);
    });
    await assertClosedEarly('resumed');
  });

  for (const [what, headers] of [
    ['that is composite by its type', checksumHeaders({ crc32: SUMS.crc32 }, 'COMPOSITE')],
    ['that is composite by its form', checksumHeaders({ sha256: `${SUMS.sha256}-3` })],
    ['of an unknown algorithm', checksumHeaders({ xxhash3: 'AAAAAAAAAAA=' })],
  ] as const) {
    it(`does not verify a checksum ${what}`, async () => {
      wire.s3Answers(brokenOff({ body: CORRUPT, headers }));
      assert.ok((await wire.read()).body.equals(CORRUPT));
    });
  }

  it('serves a range without requesting its checksum', async () => {
    wire.s3Answers(brokenOff({ body: CORRUPT, headers: checksumHeaders(SUMS) }));
    const reply = await wire.read({ headers: { range: 'bytes=0-4999' } });
    assert.ok(reply.body.equals(CORRUPT.subarray(0, 5000)));
    assert.equal(wire.asked()[0]?.headers['x-amz-checksum-mode'], undefined);
  });

  it('verifies the whole object if it is returned because of If-Range', async () => {
    let requests = 0;
    wire.s3Answers((request, response) => {
      requests += 1;
      giveObject({ body: BODY, etag: '"e2"', headers: checksumHeaders(SUMS) }, request, response);
    });
    const headers = { range: 'bytes=5-', 'if-range': '"e1"' };
    assert.ok((await wire.read({ headers })).body.equals(BODY));
    assert.equal(requests, 2);
    assert.equal(wire.asked()[1]?.headers['x-amz-checksum-mode'], 'ENABLED');
  });
});

describe('the bridge, with checksum verification off', () => {
  it("passes on S3's response unchanged, without requesting a checksum", async (test) => {
    const wire = await startStoodInWire();
    test.after(() => wire.close());
    wire.s3Answers(brokenOff({ body: CORRUPT, headers: checksumHeaders(SUMS) }));
    assert.ok((await wire.read()).body.equals(CORRUPT));
    assert.equal(wire.asked()[0]?.headers['x-amz-checksum-mode'], undefined);
  });
});
