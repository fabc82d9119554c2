// Adds up the bytes received from S3 by caller, bucket and path.
import type { EgressPath } from '../../config/types.ts';

/** Where bytes from S3 come from, and how they reach the bridge. */
export interface EgressSource {
  /** The bucket's region; undefined if it is unknown. */
  readonly region: string | undefined;
  readonly path: EgressPath;
}

export interface EgressRow extends EgressSource {
  readonly caller: string;
  readonly bucket: string;
  readonly bytes: number;
}

export interface EgressTotals {
  add(caller: string, bucket: string, source: EgressSource, bytes: number): void;
  /** The rows with the most bytes come first. */
  rows(): EgressRow[];
}

interface Sum {
  readonly source: EgressSource;
  bytes: number;
}

export function egressTotals(): EgressTotals {
  // Uses nested maps instead of joined keys, because a name may contain any separator. A bucket has few sources, usually one.
  const byCaller = new Map<string, Map<string, Sum[]>>();
  return {
    add: (caller, bucket, source, bytes) => {
      let byBucket = byCaller.get(caller);
      if (byBucket === undefined) byCaller.set(caller, (byBucket = new Map<string, Sum[]>()));
      let sums = byBucket.get(bucket);
      if (sums === undefined) byBucket.set(bucket, (sums = []));
      const sum = sums.find(
        ({ source: { region, path } }) => region === source.region && path === source.path,
      );
      if (sum === undefined) sums.push({ source, bytes });
      else sum.bytes += bytes;
    },
    rows: () =>
      [...byCaller]
        .flatMap(([caller, byBucket]) =>
          [...byBucket].flatMap(([bucket, sums]) =>
            sums.map(({ source: { region, path }, bytes }) => ({ caller, bucket, region, path, bytes })),
          ),
        )
        .sort((a, b) => b.bytes - a.bytes),
  };
}
