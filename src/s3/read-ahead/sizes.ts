// The sizes and times that reading ahead depends on. Tests use smaller ones.

export interface ReadAheadSizes {
  /** The size of a part. AWS recommends 8 to 16 MB for parallel ranges; larger parts would need more memory. */
  readonly partBytes: number;
  /**
   * The minimum size of a response for which parts are requested. For smaller responses, another connection would hardly save
   * time.
   */
  readonly leastBytes: number;
  /**
   * The number of bytes that a caller must accept without a pause before the first part is requested, if no other response has
   * parts. The bridge's kernel buffers at most 4 MiB for a caller (net.ipv4.tcp_wmem).
   */
  readonly startBytes: number;
  /**
   * The same number if other responses have parts. The caller's kernel buffers up to 6 MiB more (net.ipv4.tcp_rmem), so many slow
   * callers together cause no more than one part.
   */
  readonly sharedStartBytes: number;
  /** The number of bytes after which the window doubles, if the caller reads them as fast as they arrive from S3. */
  readonly stepBytes: number;
  /** The minimum distance between the byte that is being sent and the first part, so that the part can begin in time. */
  readonly leadBytes: number;
  /** How often the window is checked. If the caller never waited for S3 during this time, the window is halved. */
  readonly checkMs: number;
  /** A caller is slow if it reads fewer bytes than this between two checks, and never waits for S3. */
  readonly slowBytes: number;
}

const MIB = 1024 * 1024;

export const READ_AHEAD_SIZES: ReadAheadSizes = {
  partBytes: 8 * MIB,
  leastBytes: 16 * MIB,
  startBytes: 5 * MIB,
  sharedStartBytes: 10 * MIB,
  stepBytes: MIB,
  leadBytes: MIB,
  checkMs: 2_000,
  slowBytes: 2 * MIB,
};
