// A Prometheus histogram that takes almost no CPU time per observation.

export interface Histogram {
  observe(seconds: number): void;
  /** Returns samples in prom-client's format; empty before the first observation. */
  samples(labels?: Labels): Sample[];
}

type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * prom-client formats the labels and the bucket's bound at each observation; this histogram formats them only at a scrape.
 * @param bounds upper bounds of the buckets, in seconds, in ascending order
 */
export function histogram(name: string, bounds: readonly number[]): Histogram {
  // One count for each bucket, and one for values above the last bound. A scrape adds them up.
  const counts = [...bounds, Infinity].map(() => 0);
  // The sum is an object property, because V8 would allocate memory at each observation if a variable held the sum.
  const total = { seconds: 0 };
  return {
    observe: (seconds) => {
      let bucket = 0;
      while (seconds > (bounds[bucket] ?? Infinity)) bucket += 1;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total.seconds += seconds;
    },
    samples: (labels = {}) => {
      // In Prometheus, a bucket counts all values up to its bound (Prometheus, "Exposition formats", histograms).
      let observations = 0;
      const buckets = counts.map((count, bucket) => {
        observations += count;
        return {
          metricName: `${name}_bucket`,
          labels: { le: bounds[bucket] ?? '+Inf', ...labels },
          value: observations,
        };
      });
      if (observations === 0) return [];
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: total.seconds },
        { metricName: `${name}_count`, labels, value: observations },
      ];
    },
  };
}
