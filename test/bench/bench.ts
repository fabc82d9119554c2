// `npm run bench`: the bridge beside nginx, the AWS SDK and Express alone, in rounds that take turns on one core.
// Flags: --rounds N, --seconds N (a measurement), --write (RESULTS.md).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createChildren } from './children.ts';
import { LOAD_CORE, MEASURED_CORE, startField } from './contenders.ts';
import type { ContenderName, Field } from './contenders.ts';
import { residentMiB } from './cpu-time.ts';
import { describeMachine, pinSelf } from './machine.ts';
import { check, measure } from './measure.ts';
import type { Measurement, Sample } from './measure.ts';
import { OBJECTS } from './objects.ts';
import { report, worstForeign } from './report.ts';
import type { Outcome } from './report.ts';

const CONNECTIONS = 32;

/** V8 has compiled what is hot long before. */
const WARM_UP_SECONDS = 3;

/** Of the measured core; a sample from which others took more is taken again, so many times in all. */
const DISTURBED = 0.05;
const RETAKES = 60;

const RESULTS = new URL('RESULTS.md', import.meta.url);

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (!(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seconds) && seconds > 0)) {
  throw new Error('--rounds and --seconds take whole numbers above 0');
}

const machine = describeMachine();
pinSelf(LOAD_CORE);
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interruption.abort(new Error(signal));
  });
}
const directory = mkdtempSync(join(tmpdir(), 'fedbridge-bench-'));
const children = createChildren(interruption.signal);
let retakes = 0;
let sandbox: Sandbox | undefined;
try {
  sandbox = await startSandbox();
  const field = await startField(children, directory, sandbox);
  const text = await run(field, {
    bucket: field.bucket,
    connections: CONNECTIONS,
    seconds,
    signal: children.signal,
  });
  process.stdout.write(`\n${text}`);
  if (values.write) writeFileSync(RESULTS, text);
} catch (error) {
  // What ended first is the cause of all else.
  const cause: unknown = children.signal.aborted ? children.signal.reason : error;
  process.stderr.write(`bench: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
} finally {
  await children.stop();
  await sandbox?.close();
  rmSync(directory, { recursive: true });
}

async function run({ contenders }: Field, measurement: Measurement): Promise<string> {
  const outcomes: Outcome[] = [];
  for (const object of OBJECTS) {
    const own = contenders.filter(({ objects }) => objects.includes(object));
    for (const contender of own) {
      await check(contender, object, measurement);
      await measure(contender, object, { ...measurement, seconds: WARM_UP_SECONDS });
    }
    const samples = new Map<ContenderName, Sample[]>(own.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const contender of own) {
        const sample = await undisturbed(() => measure(contender, object, measurement));
        samples.get(contender.name)?.push(sample);
        tell(`${object.name} ${round}/${rounds} ${contender.name}`, sample);
      }
    }
    outcomes.push({ object, samples });
  }
  const resident = new Map(contenders.map(({ name, pid }) => [name, residentMiB(pid)]));
  return [
    '# Benchmark\n',
    ...[`Date: ${new Date().toISOString().slice(0, 10)}`, ...machine, howItRan(outcomes)].map(
      (line) => `- ${line}`,
    ),
    ...(worstForeign(outcomes) > DISTURBED * 100
      ? ['- **The machine was not quiet: of these figures only CPU time means something.**']
      : []),
    `\n${report(outcomes, resident)}`,
  ].join('\n');
}

/** Whether a sample is kept depends on what others did, never on what it says of the contender. */
async function undisturbed(sampled: () => Promise<Sample>): Promise<Sample> {
  let sample = await sampled();
  while (sample.foreign > DISTURBED && retakes < RETAKES) {
    retakes += 1;
    sample = await sampled();
  }
  return sample;
}

function tell(what: string, { requestsPerSecond, cpuMicrosecondsPerRequest, foreign }: Sample): void {
  process.stderr.write(
    `${what.padEnd(18)} ${requestsPerSecond.toFixed(0).padStart(6)}/s ` +
      `${cpuMicrosecondsPerRequest.toFixed(1).padStart(7)} µs CPU  others ${(foreign * 100).toFixed(1)} %\n`,
  );
}

function howItRan(outcomes: readonly Outcome[]): string {
  return (
    `\`npm run bench -- --rounds ${rounds} --seconds ${seconds}\`: ${CONNECTIONS} connections of wrk, contenders in turn. ` +
    `Core ${LOAD_CORE}: wrk, nginx as S3 (static files), the reader of logs. Core ${MEASURED_CORE}: the contender alone; ` +
    `others took at most ${worstForeign(outcomes).toFixed(0)} % of it in any sample below; ${retakes} samples in which ` +
    `they took more than ${DISTURBED * 100} % were taken again. ` +
    'Fedbridge: tokens verified, each request signed, access log (info, to a pipe) and metrics on. nginx: one worker, access log ' +
    '(combined, to the same pipe), keep-alive upstream, default buffering; it verifies nobody and signs nothing. ' +
    'Express: neither log nor metrics, nobody verified. ' +
    'Where a core is less than 98 % busy, the load was the limit: that throughput is a lower bound.'
  );
}
