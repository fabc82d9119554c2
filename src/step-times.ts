// How long each step took, as a histogram for Prometheus that costs a request next to nothing.
interface Times {
  /** Those of each bucket alone, and of those above the last; a scrape adds them up. */
  readonly counts: number[];
  sum: number;
}

export interface StepTimes<Step> {
  observe(step: Step, seconds: number): void;
  /** What Prometheus is told, as prom-client writes it. */
  samples(): Sample[];
}

export interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * prom-client makes a text of the labels and of the bucket's bound at each observation; here both are made at a scrape alone.
 * @param bounds upper ones of the buckets, in seconds, in ascending order
 */
export function stepTimes<Step extends string>(
  name: string,
  steps: readonly Step[],
  bounds: readonly number[],
): StepTimes<Step> {
  const none = (): Times => ({ counts: [...bounds, Infinity].map(() => 0), sum: 0 });
  const times = Object.fromEntries(steps.map((step) => [step, none()])) as Record<Step, Times>;
  return {
    observe: (step, seconds) => {
      const { counts } = times[step];
      let bucket = 0;
      while (seconds > (bounds[bucket] ?? Infinity)) bucket += 1;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      times[step].sum += seconds;
    },
    samples: () => steps.flatMap((step) => samplesOf(name, step, times[step], bounds)),
  };
}

/** Buckets count all that is not above their bound (Prometheus, "Exposition formats", histograms). */
function samplesOf(name: string, step: string, { counts, sum }: Times, bounds: readonly number[]): Sample[] {
  let total = 0;
  const buckets = counts.map((count, bucket) => {
    total += count;
    return { metricName: `${name}_bucket`, labels: { le: bounds[bucket] ?? '+Inf', step }, value: total };
  });
  // As prom-client: a step that never was is not told.
  if (total === 0) return [];
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { step }, value: sum },
    { metricName: `${name}_count`, labels: { step }, value: total },
  ];
}
