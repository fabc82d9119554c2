// The CRCs that S3 keeps, by published values and whatever the pieces in which the bytes come.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createCrc32c, createCrc64Nvme } from '../../src/s3/crc.ts';

const crc32c = createCrc32c();
const crc64Nvme = createCrc64Nvme();

/** RFC 3720, B.4, whose bytes are the lowest first. */
const CRC32C: readonly (readonly [what: string, bytes: Buffer, crc: number])[] = [
  ['nothing', Buffer.alloc(0), 0],
  ['the digits', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 rising bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['32 falling bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
];

/** NVM Express, NVM Command Set specification, "64b CRC test cases"; the digits: the catalogue of CRCs, CRC-64/NVME. */
const CRC64NVME: readonly (readonly [what: string, bytes: Buffer, crc: bigint])[] = [
  ['nothing', Buffer.alloc(0), 0n],
  ['the digits', Buffer.from('123456789'), 0xae8b14860a799888n],
  ['4 KiB of zeros', Buffer.alloc(4096), 0x6482d367eb22b64en],
  ['4 KiB of ones', Buffer.alloc(4096, 0xff), 0xc0ddba7302eca3acn],
];

describe('CRC-32C', () => {
  for (const [what, bytes, crc] of CRC32C)
    it(`of ${what}`, () => {
      assert.equal(crc32c(bytes, 0), crc);
    });
});

describe('CRC-64/NVME', () => {
  for (const [what, bytes, crc] of CRC64NVME)
    it(`of ${what}`, () => {
      assert.equal(crc64Nvme(bytes, 0n), crc);
    });
});

describe('a CRC', () => {
  it('is the same in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
        const [start, end] = [bytes.subarray(0, at), bytes.subarray(at)];
        assert.equal(crc32c(end, crc32c(start, 0)), crc32c(bytes, 0));
        assert.equal(crc64Nvme(end, crc64Nvme(start, 0n)), crc64Nvme(bytes, 0n));
      }),
    );
  });
});
