// Buffers for reading responses: one shared buffer for bytes that are copied immediately, and a set of reusable buffers.

/**
 * Releases a chunk that is no longer used, so that its memory can be reused. Without this call, the garbage collector frees the
 * memory.
 */
export type Free = (error?: Error | null) => void;

/**
 * A buffer that is reused when its last holder frees it. The buffer's holders are the connection that reads into it, and each
 * sink that has a part of it.
 */
export interface ReadBuffer {
  readonly bytes: Buffer;
  /** Ends one holder's use of the buffer. When the last holder has called it, the buffer can be reused. */
  readonly free: Free;
  /** Adds a holder of the buffer. */
  retain(): void;
  isFree(): boolean;
}

export interface ReadBuffers {
  /** One buffer for all connections, for reads whose bytes are copied before the next read. */
  readonly shared: Buffer;
  /** The same memory as `shared`, but with space for a response head; for reads that may begin a response. */
  readonly first: Buffer;
  /** @param isFast whether the reader is fast enough for a large buffer @returns a buffer with one holder */
  take(isFast: boolean): ReadBuffer;
  /**
   * @returns a copy that the calling code may keep; it is stored in reused memory, unless it is small or larger than one buffer
   */
  copy(bytes: Buffer): { readonly bytes: Buffer; readonly free: Free | undefined };
}

/** The maximum size of pieces that are copied, so that a slow reader does not occupy a whole read buffer for each small piece. */
export const COPIED_BYTES = 16 * 1024;

/** The maximum size of one socket read. A slow reader keeps this much memory occupied. */
const READ_BYTES = 64 * 1024;

/**
 * The size of the buffer for reads that may begin a response. The buffer has space for a body of 64 KiB with its head, so that
 * such a response can arrive in one read and be forwarded in one write. S3's heads are smaller than 8 KiB. Measured with 64 KiB
 * bodies: 20 % less CPU time. For the later reads of a body, this size had no benefit and would split a TLS record.
 */
const FIRST_READ_BYTES = READ_BYTES + 8 * 1024;

/** The size of the buffers for fast readers. Measured: 25 % less CPU time per MiB. */
const LARGE_BYTES = 256 * 1024;

/** The maximum number of large buffers. Large buffers take at most 16 MiB together, however many readers there are. */
const MAX_LARGE = 64;

/** The number of unused small buffers that are kept. */
const MAX_SPARE = 64;

export function readBuffers(): ReadBuffers {
  const spare: ReadBuffer[] = [];
  const spareLarge: ReadBuffer[] = [];
  let large = 0;
  const make = (size: number): ReadBuffer => {
    let holders = 0;
    let isLost = false;
    const buffer: ReadBuffer = {
      bytes: Buffer.allocUnsafeSlow(size),
      free: (error) => {
        // After a failed write, the buffer is not reused, because the kernel may still read from it.
        isLost ||= error !== undefined && error !== null;
        holders -= 1;
        if (holders > 0) return;
        if (isLost) large -= size === LARGE_BYTES ? 1 : 0;
        else if (size === LARGE_BYTES) spareLarge.push(buffer);
        else if (spare.length < MAX_SPARE) spare.push(buffer);
      },
      retain: () => {
        holders += 1;
      },
      isFree: () => holders === 0,
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
  const take = (isFast: boolean): ReadBuffer => {
    const buffer = (isFast ? takeLarge() : undefined) ?? spare.pop() ?? make(READ_BYTES);
    buffer.retain();
    return buffer;
  };
  return {
    first,
    shared: first.subarray(0, READ_BYTES),
    take,
    copy: (bytes) => {
      if (bytes.length <= COPIED_BYTES || bytes.length > READ_BYTES)
        return { bytes: Buffer.from(bytes), free: undefined };
      const memory = take(false);
      bytes.copy(memory.bytes);
      return { bytes: memory.bytes.subarray(0, bytes.length), free: memory.free };
    },
  };
}
