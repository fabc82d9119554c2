// Where a bucket's checksums are verified, an object that has another than S3 says is cut before its end.
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
const SPOILT = Buffer.from(BODY);
SPOILT.writeUInt8(SPOILT.readUInt8(1000) ^ 1, 1000);

function base64(value: bigint, bytes: number): string {
  return Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex').toString('base64');
}

const SUMS = {
  crc32: base64(BigInt(crc32(BODY)), 4),
  crc32c: base64(BigInt(createCrc32c()(BODY, 0)), 4),
  crc64nvme: base64(createCrc64Nvme()(BODY, 0n), 8),
  sha256: createHash('sha256').update(BODY).digest('base64'),
};

const saying = (sums: Readonly<Record<string, string>>, type?: string): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [`x-amz-checksum-${name}`, sum])),
  ...(type === undefined ? {} : { 'x-amz-checksum-type': type }),
});

describe('a bucket whose checksums are verified', () => {
  let wire: StoodInWire;
  before(async () => {
    wire = await startStoodInWire({ bucket: ', verifyChecksums: true' });
  });
  after(() => wire.close());

  const cutAs = async (key: string, size = BODY.length): Promise<void> => {
    const authorization = `Bearer ${await wire.token('reader')}`;
    let bytes = 0;
    await assert.rejects(async () => {
      const response = await open(wire.bridge.url, `/acme-lake/${key}`, { headers: { authorization } });
      for await (const chunk of response) bytes += (chunk as Buffer).length;
    });
    assert.ok(bytes < size, 'the end was held back');
    const line = await wire.bridge.line((each) => each['key'] === key);
    assert.deepEqual(
      [line['fault'], line['severity'], line['abortedBy']],
      ['checksum_mismatch', 'ERROR', 's3'],
    );
  };

  for (const [name, sum] of Object.entries(SUMS)) {
    for (const type of [undefined, 'FULL_OBJECT']) {
      it(`hands on what has its ${name}, of type ${String(type)}`, async () => {
        wire.s3Answers(brokenOff({ body: BODY, headers: saying({ [name]: sum }, type) }));
        const reply = await wire.read();
        assert.ok(reply.body.equals(BODY));
        assert.equal(wire.asked()[0]?.headers['x-amz-checksum-mode'], 'ENABLED');
        assert.match(
          String(wire.asked()[0]?.headers.authorization),
          /SignedHeaders=[^,]*x-amz-checksum-mode/,
        );
      });
    }
    it(`cuts what has another ${name}`, async () => {
      wire.s3Answers(brokenOff({ body: SPOILT, headers: saying({ [name]: sum }) }));
      await cutAs(`spoilt-${name}`);
    });
  }

  it('hands on nothing of an object that is one chunk, where that is wrong', async () => {
    wire.s3Answers(brokenOff({ body: Buffer.from('x'), headers: saying(SUMS) }));
    await cutAs('one-byte', 1);
  });

  it('holds the end back also where S3 ends its answer later', async () => {
    wire.s3Answers(async (_request, response) => {
      response.writeHead(200, { etag: '"e1"', ...saying(SUMS) });
      response.write(SPOILT);
      await setTimeout(200);
      response.end();
    });
    await cutAs('ends-later');
  });

  it('hands on an empty object', async () => {
    wire.s3Answers(brokenOff({ body: Buffer.alloc(0), headers: saying({ crc32: 'AAAAAA==' }) }));
    const reply = await wire.read();
    assert.deepEqual([reply.status, reply.body.length], [200, 0]);
  });

  it('hands on what was broken off and gone on with', async () => {
    const object = { body: BODY, headers: saying({ crc64nvme: SUMS.crc64nvme }) };
    wire.s3Answers(brokenOff(object, { after: 10_000 }, { after: 1 }));
    assert.ok((await wire.read()).body.equals(BODY));
  });

  it('cuts what was gone on with by other bytes', async () => {
    let asked = 0;
    wire.s3Answers((request, response) => {
      asked += 1;
      const headers = saying({ crc32c: SUMS.crc32c });
      if (asked === 1) giveObject({ body: BODY, headers }, request, response, { after: 500 });
      else giveObject({ body: SPOILT }, request, response);
    });
    await cutAs('gone-on-with');
  });

  for (const [what, headers] of [
    ['of parts by its type', saying({ crc32: SUMS.crc32 }, 'COMPOSITE')],
    ['of parts by its form', saying({ sha256: `${SUMS.sha256}-3` })],
    ['of a kind that is not known', saying({ xxhash3: 'AAAAAAAAAAA=' })],
  ] as const) {
    it(`hands on what has a checksum ${what}`, async () => {
      wire.s3Answers(brokenOff({ body: SPOILT, headers }));
      assert.ok((await wire.read()).body.equals(SPOILT));
    });
  }

  it('hands on a range, and asks for no checksum of it', async () => {
    wire.s3Answers(brokenOff({ body: SPOILT, headers: saying(SUMS) }));
    const reply = await wire.read({ headers: { range: 'bytes=0-4999' } });
    assert.ok(reply.body.equals(SPOILT.subarray(0, 5000)));
    assert.equal(wire.asked()[0]?.headers['x-amz-checksum-mode'], undefined);
  });

  it('verifies the whole that If-Range gives', async () => {
    let asked = 0;
    wire.s3Answers((request, response) => {
      asked += 1;
      giveObject({ body: BODY, etag: '"e2"', headers: saying(SUMS) }, request, response);
    });
    const headers = { range: 'bytes=5-', 'if-range': '"e1"' };
    assert.ok((await wire.read({ headers })).body.equals(BODY));
    assert.equal(asked, 2);
    assert.equal(wire.asked()[1]?.headers['x-amz-checksum-mode'], 'ENABLED');
  });
});

describe('a bucket whose checksums are not verified', () => {
  it('hands on what S3 sends, and asks for none', async (test) => {
    const wire = await startStoodInWire();
    test.after(() => wire.close());
    wire.s3Answers(brokenOff({ body: SPOILT, headers: saying(SUMS) }));
    assert.ok((await wire.read()).body.equals(SPOILT));
    assert.equal(wire.asked()[0]?.headers['x-amz-checksum-mode'], undefined);
  });
});
