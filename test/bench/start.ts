// `npm run bench:start`: measures the time from the start of the bridge's process to the first served object, in an image and
// in development. Flags: --starts N (10, for each way to start), --baseline DIR (a different worktree; its image and this one
// are started alternately), --write.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { CODE_CACHE } from '../../deploy/compiled-program.ts';
import type { Children } from './children.ts';
import { LOAD_CORE, MEASURED_CORE, startField } from './contenders.ts';
import { timeFirstObject } from './first-object.ts';
import type { StartTimes } from './first-object.ts';
import { markdownTable, spread } from './markdown.ts';
import { SMALL } from './objects.ts';
import { freePort } from './ports.ts';
import { runBench, wholeNumber } from './run-bench.ts';
import type { Bench } from './run-bench.ts';
import { readerToken } from './tokens.ts';

const OWN_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One way to start the bridge. */
interface Form {
  readonly name: string;
  readonly program: string;
  /** The directory of Node's compile cache. */
  readonly cache: string;
}

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '10' },
    baseline: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const starts = wholeNumber('starts', values.starts);
const { baseline, write } = values;

await runBench({
  section: 'Start',
  write,
  run: (bench) => bench.part((children, directory) => run(bench, children, directory)),
});

async function run({ sandbox }: Bench, children: Children, directory: string): Promise<string> {
  const { bucket, behind } = await startField(children, directory, sandbox, { names: [] });
  const [object] = SMALL;
  if (object === undefined) throw new Error('there is no object');
  const headers = { authorization: `Bearer ${await readerToken(sandbox.contract)}` };

  const image = await imageOf(OWN_ROOT, join(directory, 'image'));
  const sources = join(OWN_ROOT, 'src/main.ts');
  const forms: Form[] = [
    { name: 'image', program: image, cache: join(image, '../cache') },
    ...(baseline === undefined ? [] : [await baselineForm(baseline, join(directory, 'baseline'))]),
    {
      name: 'image without its code cache',
      program: withoutCodeCache(image),
      cache: join(image, '../cache'),
    },
    { name: '`node src/main.ts serve`, warm cache', program: sources, cache: join(directory, 'sources') },
  ];

  const start = async ({ program, cache }: Form): Promise<StartTimes> => {
    const port = await freePort();
    mkdirSync(cache, { recursive: true });
    let child: { stop(): Promise<void> } | undefined;
    const times = await timeFirstObject(
      () => {
        child = children.start({
          core: MEASURED_CORE,
          command: process.execPath,
          args: ['--min-semi-space-size=16', program, 'serve'],
          env: {
            ...sandbox.environment,
            NODE_ENV: 'production',
            NODE_COMPILE_CACHE: cache,
            NODE_COMPILE_CACHE_PORTABLE: '1',
            AWS_ENDPOINT_URL_S3: behind.origin,
            FEDBRIDGE_HOST: '127.0.0.1',
            PORT: String(port),
          },
        });
      },
      { port, path: `/${bucket}/${object.key}`, headers, bytes: object.size, signal: children.signal },
    );
    // Node writes its compile cache when it exits.
    await child?.stop();
    return times;
  };

  const times = new Map<Form, StartTimes[]>(forms.map((form) => [form, []]));
  // Fills the compile caches, except for the image's cache, which the image's build has already created.
  for (const form of forms) await start(form);
  for (let number = 1; number <= starts; number += 1) {
    for (const form of forms) {
      const one = await start(form);
      times.get(form)?.push(one);
      process.stderr.write(
        `${number}/${starts} ${form.name}: ${one.listening.toFixed(0)} ms listening, ${one.firstObject.toFixed(0)} ms\n`,
      );
    }
  }
  const bare = await bareNode(directory);
  const rows = [...times].map(([{ name }, own]) => [
    name,
    spread(
      own.map(({ listening }) => listening),
      0,
    ),
    spread(
      own.map(({ listening, firstObject }) => firstObject - listening),
      0,
    ),
    spread(
      own.map(({ firstObject }) => firstObject),
      0,
    ),
  ]);
  return [
    `- \`npm run bench:start -- --starts ${starts}\`, forms in turn. Core ${MEASURED_CORE}: only the bridge. Core ${LOAD_CORE}: ` +
      'Google and STS of the sandbox, nginx as S3, all started before, and a client that tries the port every half millisecond and then ' +
      'reads 1 KiB with a token that is new to the bridge: keys fetched, token verified, role assumed, read.',
    `- The image is the output of \`deploy/image-tree.ts\`, with its caches. Node alone, \`node -e 0\`, takes ${bare} ms.`,
    `\n${markdownTable([['median (least–most)', 'to listening, ms', 'to the first object from there, ms', 'in all, ms'], ...rows])}`,
  ].join('\n');
}

async function baselineForm(root: string, directory: string): Promise<Form> {
  const program = await imageOf(root, directory);
  return { name: 'image of the baseline', program, cache: join(program, '../cache') };
}

/** @returns the path of the program in the image */
async function imageOf(root: string, directory: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, 'deploy/image-tree.ts'),
    directory,
  ]);
  process.stderr.write(stdout);
  return join(directory, 'app/main.js');
}

/** @returns the path of the program in a copy of the image that has no code cache, so that V8 must compile all code */
function withoutCodeCache(program: string): string {
  const [app, copy] = [join(program, '..'), join(program, '../../uncached')];
  cpSync(app, copy, { recursive: true });
  const cache = join(copy, CODE_CACHE);
  if (!existsSync(cache)) throw new Error('the image has no code cache');
  rmSync(cache);
  return join(copy, 'main.js');
}

async function bareNode(directory: string): Promise<string> {
  const times: number[] = [];
  for (let number = 0; number < starts; number += 1) {
    const began = performance.now();
    const args = ['-c', String(MEASURED_CORE), process.execPath, '-e', '0'];
    await promisify(execFile)('taskset', args, { cwd: directory });
    times.push(performance.now() - began);
  }
  return spread(times, 0);
}
