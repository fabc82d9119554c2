// Formats a fuzzer run's report: statistics and, after a failure, the case and the command that reproduces it.
import type { Failure, LoopReport } from './loop.ts';
import type { WireReport } from './on-the-wire.ts';

export function tellLoop({ cases, corpus, reached, slowestMs, failure }: LoopReport, seed: number): string {
  const shares = reached.map(([file, share]) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${file}\n`);
  return (
    `in process: ${cases} cases, seed ${seed}; ${corpus} kept for new coverage; slowest ${slowestMs.toFixed(1)} ms\n` +
    shares.toSorted().join('') +
    tellFailure(failure, seed)
  );
}

export function tellWire({ cases, atS3, statuses, failure }: WireReport, seed: number): string {
  const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  return `on the wire: ${cases} cases, seed ${seed}; ${atS3} reached S3; responses ${counts.join(', ')}\n${tellFailure(failure, seed)}`;
}

function tellFailure(failure: Failure | undefined, seed: number): string {
  if (failure === undefined) return '';
  const shown = JSON.stringify(failure.failing).replaceAll("'", String.raw`'\''`);
  return `FAILED (seed ${seed}): ${failure.breach}\nreproduce it: npm run fuzz -- --replay '${shown}'\n`;
}
