// `npm run bench`: the bridge beside nginx, the AWS SDK and Express alone, in rounds that take turns on one core.
import { parseArgs } from 'node:util';
import { CONTENDERS, LOAD_CORE, MEASURED_CORE, startField } from './contenders.ts';
import type { ContenderName, Field } from './contenders.ts';
import { HEYS } from './hey.ts';
import { latencyTable } from './latency.ts';
import { median } from './markdown.ts';
import type { Measurement } from './measure.ts';
import { OBJECTS, SIZES } from './objects.ts';
import type { BenchObject } from './objects.ts';
import { report } from './report.ts';
import type { Cell } from './report.ts';
import { createRounds } from './rounds.ts';
import { runBench, wholeNumber } from './run-bench.ts';
import type { Bench } from './run-bench.ts';

const USAGE = `npm run bench -- [FLAGS]

  --only SIZES          of ${Object.keys(SIZES).join(', ')}, separated by commas; all
  --connections LIST    numbers, separated by commas; 1,32,256
  --contenders NAMES    of ${CONTENDERS.filter((name) => name !== 'baseline').join(', ')}, separated by commas; all
  --baseline DIR        another worktree of this project, whose bridge is a contender in the same rounds
  --parts NAMES         of plain, tls, latency: S3 over plain HTTP, S3 over TLS, times at half the load.
                        All; plain where --only, --connections or --contenders choose
  --rounds N            3
  --seconds N           of each measurement; 2
  --write               into RESULTS.md
`;

/** Where only part of the table is measured: where most is known of it. */
const USUAL_CONNECTIONS = 32;
const TLS_OBJECTS = ['1k', '1m'];
/** The others than bridge and nginx would say the same again, a minute later. */
const SDK_OBJECTS = ['1k', '1m'];

const list = (text: string): string[] => text.split(',').map((part) => part.trim());

function chosen<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  return list(text).map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw new Error(`--${flag} takes ${known.join(', ')}, not ${name}\n\n${USAGE}`);
    return found;
  });
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    connections: { type: 'string' },
    contenders: { type: 'string' },
    baseline: { type: 'string' },
    parts: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const { baseline, only, connections } = values;
const isChosen = [only, connections, values.contenders].some((flag) => flag !== undefined);
const PARTS = ['plain', 'tls', 'latency'] as const;
const parts = chosen('parts', values.parts ?? (isChosen ? 'plain' : PARTS.join()), PARTS);
const sizes = chosen('only', only ?? Object.keys(SIZES).join(), Object.keys(SIZES));
const numbers = list(connections ?? '1,32,256').map((number) => wholeNumber('connections', number));
const names = chosen('contenders', values.contenders ?? CONTENDERS.join(), CONTENDERS);
const rounds = wholeNumber('rounds', values.rounds);
const seconds = wholeNumber('seconds', values.seconds);

if (parts.includes('latency') && !names.includes('bridge')) {
  throw new Error('--parts latency needs the bridge, whose most it takes half of');
}
/** As given, without the directory: it says nothing on another machine. */
const flags = [
  ...(['parts', 'only', 'connections', 'contenders'] as const).flatMap((flag) =>
    values[flag] === undefined ? [] : [` --${flag} ${values[flag]}`],
  ),
  baseline === undefined ? '' : ' --baseline …',
].join('');

if (values.help) process.stdout.write(USAGE);
else {
  await runBench({
    section: 'Throughput',
    write: values.write,
    needs: {
      ...(parts.includes('latency') ? { hey: 'hey' } : {}),
      ...(parts.includes('tls') ? { openssl: 'openssl' } : {}),
    },
    run,
  });
}

async function run({ sandbox, part }: Bench): Promise<string> {
  const taking = createRounds();
  const texts: string[] = [];

  const table = async (
    field: Field,
    measurement: Omit<Measurement, 'connections'>,
    wanted: (contender: ContenderName, object: BenchObject, connections: number) => boolean,
  ): Promise<Cell[]> => {
    const cells: Cell[] = [];
    for (const object of OBJECTS.filter(({ key }) => sizes.includes(key))) {
      for (const number of numbers) {
        const asked = field.contenders.filter(
          ({ name, objects }) =>
            objects.includes(object) && CONTENDERS.some((one) => one === name && wanted(one, object, number)),
        );
        const samples = await taking.run(asked, object, { ...measurement, connections: number }, rounds);
        if (asked.length > 0) cells.push({ object, connections: number, samples });
      }
    }
    return cells;
  };

  if (parts.includes('plain') || parts.includes('latency')) {
    await part(async (children, directory) => {
      const field = await startField(children, directory, sandbox, { names, baseline });
      const measurement = { bucket: field.bucket, seconds, signal: children.signal };
      let cells: Cell[] = [];
      if (parts.includes('plain')) {
        cells = await table(
          field,
          measurement,
          (name, object, number) =>
            isChosen ||
            !['SDK', 'memory', 'bare'].includes(name) ||
            (SDK_OBJECTS.includes(object.key) && number === USUAL_CONNECTIONS),
        );
        texts.push('### S3 over plain HTTP\n', report(cells));
      }
      if (parts.includes('latency')) texts.push(await latency(field, measurement, cells));
    });
  }
  if (parts.includes('tls')) {
    await part(async (children, directory) => {
      const field = await startField(children, directory, sandbox, { names, baseline, tls: true });
      const cells = await table(
        field,
        { bucket: field.bucket, seconds, signal: children.signal },
        (name, object, number) =>
          !['memory', 'bare'].includes(name) &&
          (isChosen || (TLS_OBJECTS.includes(object.key) && number === USUAL_CONNECTIONS)),
      );
      texts.push('### S3 over TLS\n', report(cells));
    });
  }
  return [...howItRan(taking.quietness()), '', ...texts].join('\n');

  /** At half of what the bridge can do, which is asked first where the table does not say it. */
  async function latency(
    field: Field,
    { bucket, signal }: Omit<Measurement, 'connections'>,
    cells: readonly Cell[],
  ): Promise<string> {
    const [object] = OBJECTS;
    if (object === undefined) throw new Error('there is no object');
    const measurement = { bucket, seconds, signal, connections: USUAL_CONNECTIONS };
    const bridges = field.contenders.filter(({ name }) => name === 'bridge');
    const samples =
      cells.find((cell) => cell.object === object && cell.connections === USUAL_CONNECTIONS)?.samples ??
      (await taking.run(bridges, object, measurement, rounds));
    const most = median((samples.get('bridge') ?? []).map((sample) => sample.requestsPerSecond));
    const requestsPerSecond = Math.round(most / 2);
    const times = await latencyTable(field, object, { measurement, requestsPerSecond, rounds });
    return (
      `### Times at half the load\n\n${object.name}, ${USUAL_CONNECTIONS} connections, ${requestsPerSecond} requests/s: ` +
      `half of the ${most.toFixed(0)} above. The rate is held by ${HEYS} processes of hey, each of which asks ` +
      `in bursts of ${USUAL_CONNECTIONS / HEYS}; they are themselves much of the load of core ${LOAD_CORE}, whomever they ask: what ` +
      `counts is what is added to the time of S3 alone.\n\n${times}`
    );
  }
}

function howItRan({ sentence, wasQuiet }: { sentence: string; wasQuiet: boolean }): string[] {
  return [
    `- \`npm run bench -- --rounds ${rounds} --seconds ${seconds}${flags}\`, contenders in turn. Core ${LOAD_CORE}: wrk, nginx as S3 ` +
      `(static files; TLS 1.3 with AES-128-GCM), the reader of logs. Core ${MEASURED_CORE}: the contender alone; ${sentence}.`,
    '- Fedbridge: tokens verified, each request signed, access log (info, to a pipe) and metrics on. nginx: one worker, access log ' +
      '(combined, to the same pipe), kept connections, default buffering; it verifies nobody and signs nothing; to S3 over TLS it ' +
      'verifies the certificate and reuses sessions. Express, and `node:http` with sockets: neither log nor metrics, nobody verified, and the latter reads what S3 says as little as can be.',
    '- Where a core is less than 98 % busy, the load was the limit: that throughput is a lower bound. Of 64 MiB the bytes count ' +
      'that came, whether or not their answer came to its end; a time is told where there were answers enough for it.',
    ...(wasQuiet ? [] : ['- **The machine was not quiet: of these figures only CPU time means something.**']),
  ];
}
