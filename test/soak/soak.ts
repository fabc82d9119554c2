// `npm run soak`: runs the bridge under load with faults for the given time, and reports unexplained errors and leaks.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { textOf } from './report.ts';
import { soak } from './run.ts';

const USAGE = `Usage: node test/soak/soak.ts [--minutes N] [--seed N] [--json FILE]

  --minutes N   duration of load and faults; default 60
  --seed N      integer that reproduces requests and faults; random by default
  --json FILE   also write the summary to this file
`;

function numberIn(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(USAGE);
  process.exit(2);
}

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, json: { type: 'string' } },
});
const seed = numberIn(values.seed, 1 + Math.floor(Math.random() * 2 ** 31));
process.stdout.write(`seed ${seed}\n`);
const report = await soak({ seed, seconds: numberIn(values.minutes, 60) * 60 });
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.stdout.write(textOf(report));
process.exitCode = report.findings.length === 0 ? 0 : 1;
