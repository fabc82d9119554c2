// Builds bytes that begin and end like a Parquet file.
import { randomBytes } from 'node:crypto';

const MAGIC = 'PAR1';

/** @param footer the length that the end of the file gives for its footer */
export function parquet(size: number, footer: number, magic = MAGIC): Buffer {
  const body = randomBytes(size);
  body.write(MAGIC, 0);
  body.writeUInt32LE(footer, size - 8);
  body.write(magic, size - 4);
  return body;
}
