// `npm run bench`: compares the bridge with nginx, the AWS SDK and plain Express, in alternating rounds on one core.
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

  --only SIZES          comma-separated, from ${Object.keys(SIZES).join(', ')}; default all
  --connections LIST    comma-separated numbers; default 1,32,256
  --contenders NAMES    comma-separated, from ${CONTENDERS.filter((name) => name !== 'baseline').join(', ')}; default all
  --baseline DIR        another worktree of this project, whose bridge becomes a contender in the same rounds
  --parts NAMES         comma-separated, from plain, tls, latency: S3 over plain HTTP, S3 over TLS, times at half the load.
                        Default all, but only plain with --only, --connections or --contenders
  --rounds N            default 3
  --seconds N           duration of each measurement; default 2
  --write               write the results to RESULTS.md
`;

/** The number of connections in every measurement, except those that compare different numbers of connections. */
const USUAL_CONNECTIONS = 32;
const TLS_OBJECTS = ['1k', '1m'];
/**
 * The objects for `h2c` and for the simple alternatives to the bridge. Even a full run does not measure these contenders with
 * other objects.
 */
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
  throw new Error("--parts latency needs the bridge, because it measures at half of the bridge's maximum");
}
/** The flags of this run. The baseline's path is omitted, because it is meaningless on other machines. */
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
      ...(names.some((name) => name.endsWith('h2c')) ? { h2load: 'nghttp2-client' } : {}),
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
            !['h2c', 'SDK', 'memory', 'bare', 'bare-h2c'].includes(name) ||
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
          !['h2c', 'memory', 'bare', 'bare-h2c'].includes(name) &&
          (isChosen || (TLS_OBJECTS.includes(object.key) && number === USUAL_CONNECTIONS)),
      );
      texts.push('### S3 over TLS\n', report(cells));
    });
  }
  return [...howItRan(taking.quietness()), '', ...texts].join('\n');

  /**
   * Measures latency at half of the bridge's maximum request rate. If the table does not contain this maximum, it is measured
   * first.
   */
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
      `half of the ${most.toFixed(0)} above. ${HEYS} processes of hey hold the rate, each with ` +
      `bursts of ${USUAL_CONNECTIONS / HEYS} requests. They cause much of the load of core ${LOAD_CORE} for every contender, so the ` +
      `time added to that of S3 alone is what counts.\n\n${times}`
    );
  }
}

function howItRan({ sentence, wasQuiet }: { sentence: string; wasQuiet: boolean }): string[] {
  return [
    `- \`npm run bench -- --rounds ${rounds} --seconds ${seconds}${flags}\`, contenders in turn. Core ${LOAD_CORE}: wrk, nginx as S3 ` +
      `(static files; TLS 1.3 with AES-128-GCM), the reader of logs; for h2c h2load instead of wrk, with as many streams on one connection. Core ${MEASURED_CORE}: only the contender; ${sentence}.`,
    '- Fedbridge: tokens verified, each request signed, access log (info, to a pipe) and metrics on. nginx: one worker, access log ' +
      '(combined, to the same pipe), reused connections, default buffering; it verifies no callers and signs nothing; to S3 over TLS it ' +
      'verifies the certificate and reuses sessions. Express, and `node:http` with sockets: no log, no metrics, no verified callers; the latter parses as little as possible of the responses of S3.',
    '- If a core is less than 98 % busy, the load was the limit, and the throughput is a lower bound. For 64 MiB all received bytes ' +
      'count, even of incomplete responses; times are shown only if there were enough responses.',
    ...(wasQuiet ? [] : ['- **The machine was not quiet: only the CPU times are meaningful.**']),
  ];
}
