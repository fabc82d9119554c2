// The memory that answers of S3 are read into: one buffer for what is copied at once, others that are used again.

/** Says that nobody looks at a chunk any more; who does not call it leaves the chunk to the collector. */
export type Free = (error?: Error | null) => void;

export interface ReadBuffer {
  readonly bytes: Buffer;
  readonly free: Free;
  /** Whether it has come back. */
  isFree: boolean;
}

export interface ReadBuffers {
  /** For reads of which nothing stays here after the call that gives them: connections that wait share it. As long as those taken. */
  readonly shared: Buffer;
  /** The same memory and some more behind it: for reads that may begin an answer. */
  readonly first: Buffer;
  /** @param isFast whether a large one is worth it */
  take(isFast: boolean): ReadBuffer;
  /** For one that was taken and nobody has written into. */
  giveBack(buffer: ReadBuffer): void;
}

/** What one read of a socket may bring; of a slow caller, so much waits in memory. */
const READ_BYTES = 64 * 1024;

/**
 * A body of a whole read with its head, which S3 keeps below 8 KiB: what ends with its first read goes out in one write. Measured at
 * 64 KiB: a fifth less CPU. Later reads of this length gained nothing.
 */
const FIRST_READ_BYTES = READ_BYTES + 8 * 1024;

/** For callers that take at once. Measured: a quarter less CPU for each MiB. */
const LARGE_BYTES = 256 * 1024;

/** 16 MiB, however many read. */
const MAX_LARGE = 64;

/** Of the others that nobody uses, so many are kept. */
const MAX_SPARE = 64;

export function readBuffers(): ReadBuffers {
  const spare: ReadBuffer[] = [];
  const spareLarge: ReadBuffer[] = [];
  let large = 0;
  const giveBack = (buffer: ReadBuffer): void => {
    // Twice would be two owners of the same memory.
    if (buffer.isFree) return;
    buffer.isFree = true;
    if (buffer.bytes.length === LARGE_BYTES) spareLarge.push(buffer);
    else if (spare.length < MAX_SPARE) spare.push(buffer);
  };
  const make = (size: number): ReadBuffer => {
    const buffer: ReadBuffer = {
      bytes: Buffer.allocUnsafeSlow(size),
      isFree: false,
      free: (error) => {
        if (error === undefined || error === null) giveBack(buffer);
        // The kernel may still be reading it.
        else if (size === LARGE_BYTES) large -= 1;
      },
    };
    return buffer;
  };
  const takeLarge = (): ReadBuffer | undefined => {
    const known = spareLarge.pop();
    if (known !== undefined || large >= MAX_LARGE) return known;
    large += 1;
    return make(LARGE_BYTES);
  };
  const first = Buffer.allocUnsafeSlow(FIRST_READ_BYTES);
  return {
    first,
    shared: first.subarray(0, READ_BYTES),
    take: (isFast) => {
      const buffer = (isFast ? takeLarge() : undefined) ?? spare.pop() ?? make(READ_BYTES);
      buffer.isFree = false;
      return buffer;
    },
    giveBack,
  };
}
