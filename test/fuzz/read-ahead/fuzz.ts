// `npm run fuzz:read-ahead`: reads generated objects from a faulty S3 with read-ahead, and reports wrong bytes and leaks.
import { parseArgs } from 'node:util';
import { fuzzReadAhead } from './run-cases.ts';

const USAGE = 'npm run fuzz:read-ahead -- [--cases N] [--seed S] [--only CASE]';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
  },
});
const [cases, seed] = [values.cases, values.seed].map(Number) as [number, number];
if (![cases, seed].every(Number.isSafeInteger)) throw new Error(`N and S must be integers: ${USAGE}`);

const { failure, ends, parts, ...report } = await fuzzReadAhead({
  cases,
  seed,
  ...(values.only === undefined ? {} : { only: Number(values.only) }),
});
const summary = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
process.stdout.write(`seed ${seed}: ${report.cases} reads (${summary}), ${parts} parts\n`);
if (failure !== undefined) {
  process.stdout.write(
    `case ${failure.number}: ${failure.what}\nrepeat: --seed ${seed} --only ${failure.number}\n`,
  );
  process.exitCode = 1;
}
