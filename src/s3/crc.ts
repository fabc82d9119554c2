// The two CRCs that S3 stores and Node lacks: CRC-32C and CRC-64/NVME, eight bytes a step ("slicing-by-8"). Measured against
// `@aws-sdk/checksums` 3.1002 (CPU time per MiB, Node 26): CRC-32C 1.4 ms instead of 2.9, CRC-64/NVME 2.1 ms instead of 3.6.

/** @param before the CRC of the chunks before this one; 0 for the first */
export type Crc<Value> = (chunk: Uint8Array, before: Value) => Value;

const BYTE_VALUES = 256;
const SLICES = 8;

/** Reflected polynomials (RFC 3720, 12.1; NVM Express, NVM Command Set, 5.2.1.3.4). */
const CRC32C = 0x82f63b78;
const CRC64NVME = { high: 0x9a6c9329, low: 0xac4bc9b5 };

/** Creates a table of 8 KiB: at `slice * 256 + byte` the CRC of a byte that `slice` bytes follow. */
export function createCrc32c(): Crc<number> {
  const table = new Uint32Array(SLICES * BYTE_VALUES);
  for (let i = 0; i < table.length; i += 1) {
    const before = table[i - BYTE_VALUES];
    let crc = before === undefined ? i : (table[before & 0xff] ?? 0) ^ (before >>> 8);
    if (before === undefined) for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? CRC32C : 0);
    table[i] = crc;
  }
  const of = (slice: number, byte: number): number => table[slice * BYTE_VALUES + (byte & 0xff)] ?? 0;
  return (chunk, before) => {
    let crc = ~before;
    let i = 0;
    for (; i + SLICES <= chunk.length; i += SLICES) {
      const a = crc ^ word(chunk, i);
      const b = word(chunk, i + 4);
      crc =
        of(7, a) ^
        of(6, a >>> 8) ^
        of(5, a >>> 16) ^
        of(4, a >>> 24) ^
        of(3, b) ^
        of(2, b >>> 8) ^
        of(1, b >>> 16) ^
        of(0, b >>> 24);
    }
    for (; i < chunk.length; i += 1) crc = of(0, crc ^ (chunk[i] ?? 0)) ^ (crc >>> 8);
    return ~crc >>> 0;
  };
}

/** As above, in two halves: JavaScript is fast with 32 bits and slow with 64. */
export function createCrc64Nvme(): Crc<bigint> {
  const highs = new Uint32Array(SLICES * BYTE_VALUES);
  const lows = new Uint32Array(SLICES * BYTE_VALUES);
  for (let i = 0; i < lows.length; i += 1) {
    const before = i - BYTE_VALUES;
    let high = highs[before] ?? 0;
    let low = lows[before] ?? i;
    if (before >= 0) {
      const byte = low & 0xff;
      [high, low] = [high >>> 8, (low >>> 8) | (high << 24)];
      high ^= highs[byte] ?? 0;
      low ^= lows[byte] ?? 0;
    } else {
      for (let bit = 0; bit < 8; bit += 1) {
        const isOdd = (low & 1) === 1;
        low = ((low >>> 1) | (high << 31)) ^ (isOdd ? CRC64NVME.low : 0);
        high = (high >>> 1) ^ (isOdd ? CRC64NVME.high : 0);
      }
    }
    highs[i] = high;
    lows[i] = low;
  }
  return (chunk, before) => {
    let high = ~Number(before >> 32n);
    let low = ~Number(before & 0xffffffffn);
    let i = 0;
    for (; i + SLICES <= chunk.length; i += SLICES) {
      const a = low ^ word(chunk, i);
      const b = high ^ word(chunk, i + 4);
      low = 0;
      high = 0;
      for (let byte = 0; byte < 4; byte += 1) {
        const early = (7 - byte) * BYTE_VALUES + ((a >>> (8 * byte)) & 0xff);
        const late = (3 - byte) * BYTE_VALUES + ((b >>> (8 * byte)) & 0xff);
        low ^= (lows[early] ?? 0) ^ (lows[late] ?? 0);
        high ^= (highs[early] ?? 0) ^ (highs[late] ?? 0);
      }
    }
    for (; i < chunk.length; i += 1) {
      const index = (low ^ (chunk[i] ?? 0)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (lows[index] ?? 0);
      high = (high >>> 8) ^ (highs[index] ?? 0);
    }
    return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
  };
}

/** Four bytes, the first the lowest. */
function word(chunk: Uint8Array, i: number): number {
  return (
    (chunk[i] ?? 0) | ((chunk[i + 1] ?? 0) << 8) | ((chunk[i + 2] ?? 0) << 16) | ((chunk[i + 3] ?? 0) << 24)
  );
}
