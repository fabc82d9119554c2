// `npm run bench:scale`: measures how the cost of a request grows with the number of grants, callers, listed keys and
// connections. Flags: --parts NAMES (grants,lists,growth), --rounds N (3), --seconds N (2), --baseline DIR, --write.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Children } from './children.ts';
import { LOAD_CORE, MEASURED_CORE, startField } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { longList } from './long-list.ts';
import { manyGrants } from './many-grants.ts';
import { markdownTable, spread } from './markdown.ts';
import type { Sample } from './measure.ts';
import { originRoot } from './nginx.ts';
import { objectOf, SMALL } from './objects.ts';
import { titleOf } from './report.ts';
import { createRounds } from './rounds.ts';
import { runBench, wholeNumber } from './run-bench.ts';
import type { Bench } from './run-bench.ts';

const PARTS = ['grants', 'lists', 'growth'];
const CONNECTIONS = [1, 8, 32, 128, 512];
/**
 * The number of connections for JSON pages. The number is small, because these pages take a lot of CPU time. With many
 * connections, some would get no page during a short load.
 */
const LIST_CONNECTIONS = 8;
const KEYS = 1_000;

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: PARTS.join() },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    baseline: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const { baseline, write } = values;
const parts = values.parts.split(',');
if (parts.some((name) => !PARTS.includes(name))) throw new Error(`--parts takes ${PARTS.join(', ')}`);
const rounds = wholeNumber('rounds', values.rounds);
const seconds = wholeNumber('seconds', values.seconds);
const taking = createRounds();

await runBench({ section: 'Scale', write, run });

async function run(bench: Bench): Promise<string> {
  const texts: string[] = [];
  if (parts.includes('grants')) {
    const options = { baseline, taking, rounds, seconds };
    texts.push(
      await bench.part((children, directory) => manyGrants(bench, children, { directory, ...options })),
    );
  }
  if (parts.includes('lists')) {
    texts.push(await bench.part((children, directory) => lists(bench, children, directory)));
  }
  if (parts.includes('growth')) {
    texts.push(await bench.part((children, directory) => growth(bench, children, directory)));
  }
  return [
    `- \`npm run bench:scale -- --rounds ${rounds} --seconds ${seconds}\`, contenders in turn. Core ${LOAD_CORE}: wrk, nginx as S3, ` +
      `the reader of logs. Core ${MEASURED_CORE}: only the bridge; ${taking.quietness().sentence}.`,
    '',
    ...texts,
  ].join('\n');
}

async function lists({ sandbox }: Bench, children: Children, directory: string): Promise<string> {
  const field = await startField(children, directory, sandbox, { names: ['bridge', 'nginx'], baseline });
  const { bucket } = field;
  const xml = Buffer.from(longList(bucket, KEYS));
  writeFileSync(join(originRoot(directory), 'list.xml'), xml);
  const measurement = { bucket, connections: LIST_CONNECTIONS, seconds, signal: children.signal };

  const path = `/${bucket}?list-type=2&max-keys=${KEYS}`;
  const list = objectOf("S3's XML", 'list.xml', xml.length, () => xml);
  const asXml = await taking.run(field.contenders, list, { ...measurement, path }, rounds);

  const json = `/-/objects?${new URLSearchParams({ bucket, limit: String(KEYS) }).toString()}`;
  const bridges = field.contenders.filter(({ name }) => name !== 'nginx');
  const answer = await jsonList(bridges[0], json);
  const page = objectOf('JSON', 'list.json', answer.length, () => answer);
  const asJson = await taking.run(bridges, page, { ...measurement, path: json }, rounds);

  const rows = [...rowsOf("S3's XML", asXml), ...rowsOf('`/-/objects`, JSON', asJson)];
  return `### Lists\n\nOne page of ${KEYS.toLocaleString('en')} keys, ${xml.length.toLocaleString('en')} bytes of XML at S3, ${LIST_CONNECTIONS} connections.\n\n${markdownTable([['', '', 'pages/s', 'CPU µs/page', 'p50 ms', 'p99 ms'], ...rows], 2)}`;
}

async function growth({ sandbox }: Bench, children: Children, directory: string): Promise<string> {
  const field = await startField(children, directory, sandbox, { names: ['bridge', 'nginx'], baseline });
  const [object] = SMALL;
  if (object === undefined) throw new Error('there is no object');
  const rows: string[][] = [];
  for (const connections of CONNECTIONS) {
    const measurement = { bucket: field.bucket, connections, seconds, signal: children.signal };
    rows.push(
      ...rowsOf(String(connections), await taking.run(field.contenders, object, measurement, rounds)),
    );
  }
  const heads = ['connections', '', 'requests/s', 'CPU µs/request', 'p50 ms', 'p99 ms'];
  return `### As connections grow\n\n${object.name}.\n\n${markdownTable([heads, ...rows], 2)}`;
}

function rowsOf(what: string, samples: ReadonlyMap<string, readonly Sample[]>): string[][] {
  return [...samples].map(([name, own]) => [
    what,
    titleOf(name),
    spread(own.map((sample) => sample.requestsPerSecond)),
    spread(own.map((sample) => sample.cpuMicrosecondsPerRequest)),
    spread(
      own.map((sample) => sample.p50Ms),
      2,
    ),
    spread(
      own.map((sample) => sample.p99Ms),
      2,
    ),
  ]);
}

/** Returns the bridge's JSON for the list, with which later responses are compared. */
async function jsonList(bridge: Contender | undefined, path: string): Promise<Buffer> {
  if (bridge === undefined) throw new Error('there is no bridge');
  const answer = await fetch(bridge.origin + path, { headers: bridge.headers });
  const body = Buffer.from(await answer.arrayBuffer());
  const { objects = [] } = JSON.parse(body.toString()) as { objects?: unknown[] };
  if (objects.length !== KEYS)
    throw new Error(`${path} returned ${answer.status} with ${objects.length} keys`);
  return body;
}
