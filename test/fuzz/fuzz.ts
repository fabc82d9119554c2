// `npm run fuzz`: tests the bridge with generated requests, in process and over the network, and reports failures.
import { parseArgs } from 'node:util';
import type { FuzzCase } from './fuzz-case.ts';
import { fuzzInProcess } from './in-process.ts';
import { fuzzOnTheWire } from './on-the-wire.ts';
import { tellLoop, tellWire } from './report.ts';

const USAGE = 'npm run fuzz -- [--cases N] [--wire N] [--seed S] [--replay CASE]';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    wire: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    replay: { type: 'string' },
  },
});
const [cases, wire, seed] = [values.cases, values.wire, values.seed].map(Number) as [number, number, number];
if (![cases, wire, seed].every(Number.isSafeInteger)) throw new Error(`N and S must be integers: ${USAGE}`);

const replay = values.replay === undefined ? undefined : (JSON.parse(values.replay) as FuzzCase);
const report = await fuzzInProcess({ cases, seed, ...(replay === undefined ? {} : { replay }) });
process.stdout.write(tellLoop(report, seed));
if (report.failure !== undefined) process.exitCode = 1;
if (wire > 0 && (replay !== undefined || report.failure === undefined)) {
  const found = await fuzzOnTheWire({ cases: wire, seed, ...(replay === undefined ? {} : { replay }) });
  process.stdout.write(tellWire(found, seed));
  if (found.failure !== undefined) process.exitCode = 1;
}
