// Defines the metrics of read-ahead.
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

export interface ReadAheadMetrics {
  /** Counts a part that was requested ahead. */
  readAheadPart(): void;
  /** @param reason why a response used fewer connections than allowed */
  readAheadFallback(reason: string): void;
  /** Records the end of a response for which parts were requested ahead. */
  readAheadEnded(result: { readonly windowBytes: number; readonly discardedBytes: number }): void;
}

/** The bounds of the histogram of windows: 1 to 64 parts of 8 MiB. The maximum of `readAhead.connections` is 64. */
const WINDOW_BYTES = [1, 2, 4, 8, 16, 32, 64].map((parts) => parts * 8 * 1024 * 1024);

/** @param reservedBytes returns the memory that is reserved for parts */
export function readAheadMetrics(registry: Registry, reservedBytes: () => number): ReadAheadMetrics {
  const registers = [registry];
  const parts = new Counter({
    name: 'fedbridge_read_ahead_parts_total',
    help: 'Parts of objects that were requested from S3 ahead of the caller.',
    registers,
  });
  const windows = new Histogram({
    name: 'fedbridge_read_ahead_window_bytes',
    help: 'The largest read-ahead window of each response, in bytes: how far ahead of the caller the bridge could request parts.',
    buckets: WINDOW_BYTES,
    registers,
  });
  const discarded = new Counter({
    name: 'fedbridge_read_ahead_discarded_bytes_total',
    help: 'Bytes that the bridge received from S3 by reading ahead, but did not send to a caller.',
    registers,
  });
  const fallbacks = new Counter({
    name: 'fedbridge_read_ahead_fallbacks_total',
    help: 'Responses that used fewer connections than allowed, by reason: memory, failed, slow or ranges_ignored.',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'fedbridge_read_ahead_memory_bytes',
    help: 'Bytes of memory that are reserved for parts of objects. The limit is readAhead.memory.',
    registers,
    collect() {
      this.set(reservedBytes());
    },
  });
  return {
    readAheadPart: () => {
      parts.inc();
    },
    readAheadFallback: (reason) => {
      fallbacks.inc({ reason });
    },
    readAheadEnded: ({ windowBytes, discardedBytes }) => {
      windows.observe(windowBytes);
      discarded.inc(discardedBytes);
    },
  };
}
