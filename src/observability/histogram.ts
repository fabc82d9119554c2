// A histogram for Prometheus that costs a request next to nothing.

export interface Histogram {
  observe(seconds: number): void;
  /** In prom-client's form; empty before the first observation. */
  samples(labels?: Labels): Sample[];
}

type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

/**
 * prom-client formats the labels and the bucket's bound at each observation; this does so only at a scrape.
 * @param bounds upper bounds of the buckets, in seconds, in ascending order
 */
export function histogram(name: string, bounds: readonly number[]): Histogram {
  // For each bucket alone, and for values above the last bound; a scrape adds them up.
  const counts = [...bounds, Infinity].map(() => 0);
  // In an object: a fraction in a variable of its own would be allocated at each observation.
  const total = { seconds: 0 };
  return {
    observe: (seconds) => {
      let bucket = 0;
      while (seconds > (bounds[bucket] ?? Infinity)) bucket += 1;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total.seconds += seconds;
    },
    samples: (labels = {}) => {
      // A bucket counts all values up to its bound (Prometheus, "Exposition formats", histograms).
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
