// `npm run soak`: runs the bridge under load and faults for as long as is asked, and tells what is wrong.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { textOf } from './report.ts';
import { soak } from './run.ts';

const USAGE = `Usage: node test/soak/soak.ts [--minutes N] [--seed N] [--json FILE]

  --minutes N   how long faults and load last; 60
  --seed N      whole number; the same one makes the same requests and faults; any
  --json FILE   writes the summary there as well
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
