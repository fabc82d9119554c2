// The functions that compute S3's CRCs return the published values, however the bytes are split into chunks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createCrc32c, createCrc64Nvme } from '../../src/s3/crc.ts';

const crc32c = createCrc32c();
const crc64Nvme = createCrc64Nvme();

/** Values of CRC-32C from RFC 3720, B.4, which lists the bytes of each CRC in little-endian order. */
const CRC32C: readonly (readonly [what: string, bytes: Buffer, crc: number])[] = [
  ['an empty input', Buffer.alloc(0), 0],
  ['the digits 1 to 9', Buffer.from('123456789'), 0xe3069283],
  ['32 zero bytes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of 0xff', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 increasing bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['32 decreasing bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
];

/**
 * Values of CRC-64/NVME from "64b CRC test cases" in the NVM Command Set specification. The value for the digits is
 * from the catalog of CRCs.
 */
const CRC64NVME: readonly (readonly [what: string, bytes: Buffer, crc: bigint])[] = [
  ['an empty input', Buffer.alloc(0), 0n],
  ['the digits 1 to 9', Buffer.from('123456789'), 0xae8b14860a799888n],
  ['4 KiB of zero bytes', Buffer.alloc(4096), 0x6482d367eb22b64en],
  ['4 KiB of 0xff', Buffer.alloc(4096, 0xff), 0xc0ddba7302eca3acn],
];

describe('CRC-32C', () => {
  for (const [what, bytes, crc] of CRC32C)
    it(`of ${what} has the published value`, () => {
      assert.equal(crc32c(bytes, 0), crc);
    });
});

describe('CRC-64/NVME', () => {
  for (const [what, bytes, crc] of CRC64NVME)
    it(`of ${what} has the published value`, () => {
      assert.equal(crc64Nvme(bytes, 0n), crc);
    });
});

describe('a CRC', () => {
  it('is the same however the bytes are split into chunks', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
        const [start, end] = [bytes.subarray(0, at), bytes.subarray(at)];
        assert.equal(crc32c(end, crc32c(start, 0)), crc32c(bytes, 0));
        assert.equal(crc64Nvme(end, crc64Nvme(start, 0n)), crc64Nvme(bytes, 0n));
      }),
    );
  });
});
