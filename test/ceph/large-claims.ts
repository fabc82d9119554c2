// A 1 GiB object arrives whole from Ceph, and the bridge stops reading the object when the caller disconnects.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { open } from '../support/http-request.ts';
import type { CephStage } from './ceph-stage.ts';

const PARTS = 16;
const PART_BYTES = 64 * 1024 * 1024;
const SIZE = PARTS * PART_BYTES;
const Bucket = 'acme-lake';
const Key = 'raw/large.bin';
const PATH = `/${Bucket}/${Key}`;

export function claimLarge(stage: () => CephStage): void {
  describe('an object of 1 GiB', () => {
    let digest = '';
    let tail = Buffer.alloc(0);
    let headers: Record<string, string> = {};

    before(async () => {
      headers = { authorization: `Bearer ${await stage().token('reader')}` };
      const { owner } = stage();
      const { UploadId } = await owner.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const whole = createHash('sha256');
      const part = randomBytes(PART_BYTES);
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (let PartNumber = 1; PartNumber <= PARTS; PartNumber += 1) {
        part.writeUInt32BE(PartNumber);
        whole.update(part);
        const sent = await owner.send(
          new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: part }),
        );
        Parts.push({ PartNumber, ETag: sent.ETag });
      }
      await owner.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      );
      digest = whole.digest('hex');
      tail = Buffer.from(part.subarray(-1000));
    });

    it('arrives complete and unchanged', async () => {
      const response = await open(stage().bridge.url, PATH, { headers });
      assert.equal(response.headers['content-length'], String(SIZE));
      assert.match(response.headers.etag ?? '', /^"[0-9a-f]{32}-16"$/);
      const hash = createHash('sha256');
      for await (const chunk of response) hash.update(chunk as Buffer);
      assert.equal(hash.digest('hex'), digest);
    });

    it('can be read from an offset to the end, with the right bytes and Content-Range', async () => {
      const range = `bytes=${SIZE - 1000}-`;
      const reply = await stage().get(PATH, { as: 'reader', headers: { range } });
      assert.equal(reply.headers['content-range'], `bytes ${SIZE - 1000}-${SIZE - 1}/${SIZE}`);
      assert.ok(reply.body.equals(tail));
    });

    it('is no longer downloaded from Ceph after the caller disconnects', async () => {
      const leaving = await open(stage().bridge.url, PATH, { headers });
      leaving.on('error', () => undefined).once('data', () => leaving.destroy());
      const id = leaving.headers['x-request-id'];
      const line = await stage().bridge.line(({ requestId }) => requestId === id);
      assert.equal(line['abortedBy'], 'caller');
      assert.ok(Number(line['bytesSent']) < SIZE / 2, `${String(line['bytesSent'])} bytes`);
      assert.equal((await stage().get('/acme-lake/raw/rates.csv', { as: 'scoped' })).status, 200);
    });
  });
}
