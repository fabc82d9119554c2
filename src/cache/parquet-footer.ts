// Finds the blocks of a Parquet file's footer that are missing, because a reader requests the footer after the end of the file.
import type { Blocks } from './blocks.ts';
import type { ObjectVersion } from './object-version.ts';
import type { Extent } from './wanted-read.ts';

/** A Parquet file ends with the footer's length as four bytes, least significant first, and this magic number. */
const MAGIC = 'PAR1';
const TAIL_BYTES = 4 + MAGIC.length;

/**
 * The maximum size of a footer that is fetched in advance. The maximum is needed because any object may end with the same eight
 * bytes.
 */
const MAX_FOOTER_BYTES = 8 * 1024 * 1024;

/** @returns one extent with all missing blocks of the footer; undefined if none is missing, or the end is not in memory */
export function missingFooter(blocks: Blocks, version: ObjectVersion): Extent | undefined {
  const { blockBytes, indexAt } = blocks;
  const end = version.size - TAIL_BYTES;
  const tail = textFrom(blocks, version, end);
  if (tail?.endsWith(MAGIC) !== true) return undefined;
  const length = Buffer.from(tail, 'latin1').readUInt32LE(0);
  const from = end - length;
  // The footer cannot begin before the magic number with which the file begins.
  if (length > MAX_FOOTER_BYTES || from < MAGIC.length) return undefined;
  const isMissing = (index: number): boolean =>
    blocks.find(version, index) === undefined && !version.flights.values().some((each) => each.covers(index));
  let [first, after] = [indexAt(from), indexAt(version.size - 1)];
  while (first < after && !isMissing(first)) first += 1;
  while (first < after && !isMissing(after - 1)) after -= 1;
  return first < after ? { from: first * blockBytes, to: after * blockBytes } : undefined;
}

/** @returns the last bytes as a Latin-1 string; undefined if they are not in memory */
function textFrom(blocks: Blocks, version: ObjectVersion, from: number): string | undefined {
  let text = '';
  for (let at = from; at < version.size;) {
    const index = blocks.indexAt(at);
    const block = at < 0 ? undefined : blocks.find(version, index);
    if (block?.state !== 'complete') return undefined;
    text += blocks.text(block, at - index * blocks.blockBytes, block.length);
    at = index * blocks.blockBytes + block.length;
  }
  return text;
}
