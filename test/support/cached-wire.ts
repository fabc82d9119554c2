// Starts a bridge with a cache, and shows which requests reach the sandbox's S3.
import { configured, READER_MAY_ALL } from './configuration.ts';
import { startMeasuredWire } from './metrics.ts';
import type { MeasuredWire } from './metrics.ts';

/** A request that S3 received. */
export interface S3Call {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The number of bytes that S3 sent, including headers. */
  readonly sent: number;
}

export interface CachedWire extends MeasuredWire {
  /** Returns the requests that S3 received since the last call. */
  takeCalls(): Promise<readonly S3Call[]>;
  /** Returns the calls in a short form, such as `GET bytes=0-9 → 206`. */
  takeShortCalls(): Promise<readonly string[]>;
}

export interface CachedWireOptions {
  /** The fields of the configuration's `cache`. */
  readonly cache?: string;
  /** Additional fields of the bucket in the configuration. */
  readonly bucket?: string;
  readonly grants?: readonly string[];
  /** Additional top-level fields. */
  readonly more?: string;
}

export async function startCachedWire({
  cache = 'memory: 32MiB',
  bucket = '',
  grants = [READER_MAY_ALL],
  more = '',
}: CachedWireOptions = {}): Promise<CachedWire> {
  const wire = await startMeasuredWire({
    config: configured({
      buckets: { 'acme-lake': `role: lake${bucket}` },
      grants,
      more: `cache: { ${cache} }\n${more}`,
    }),
  });
  const takeCalls = async (): Promise<readonly S3Call[]> => {
    const calls = await wire.calls('s3');
    await wire.forgetCalls();
    return calls as unknown as readonly S3Call[];
  };
  return {
    ...wire,
    takeCalls,
    takeShortCalls: async () =>
      (await takeCalls()).map(({ method, status, headers }) => {
        const { range, 'if-none-match': noneMatch, 'if-match': match } = headers;
        const parts = [
          method,
          range,
          noneMatch === undefined ? undefined : 'if-none-match',
          match === undefined ? undefined : 'if-match',
          `→ ${status}`,
        ];
        return parts.filter((part) => part !== undefined).join(' ');
      }),
  };
}
