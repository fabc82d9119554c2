// `npm run bench:flame`: profiles the bridge under load, and reports its CPU time by function, file and package. Flags: --only
// SIZE (1k), --connections N (32), --seconds N (5), --lines N (30), --tls, --h2c, --out FILE (.cpuprofile), --write.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startField } from './contenders.ts';
import { connectInspector } from './inspector.ts';
import { markdownTable } from './markdown.ts';
import { measure } from './measure.ts';
import { OBJECTS } from './objects.ts';
import { freePort } from './ports.ts';
import { runBench, wholeNumber } from './run-bench.ts';
import { selfTimes } from './self-time.ts';
import type { SelfTimes, Share } from './self-time.ts';

const WARM_UP_SECONDS = 4;

const PRELOAD = new URL('inspector-preload.ts', import.meta.url).href;

/** V8's names for profile entries outside any JavaScript function. */
const OUTSIDE = new Set(['(root)', '(program)', '(garbage collector)']);

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '1k' },
    connections: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    lines: { type: 'string', default: '30' },
    tls: { type: 'boolean', default: false },
    h2c: { type: 'boolean', default: false },
    out: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const object = OBJECTS.find(({ key }) => key === values.only);
if (object === undefined) throw new Error(`--only takes ${OBJECTS.map(({ key }) => key).join(', ')}`);
const connections = wholeNumber('connections', values.connections);
const seconds = wholeNumber('seconds', values.seconds);
const lines = wholeNumber('lines', values.lines);
const { tls, h2c, out, write } = values;

await runBench({
  section: 'Profile',
  write,
  run: ({ sandbox, part }) =>
    part(async (children, directory) => {
      const port = await freePort();
      const field = await startField(children, directory, sandbox, {
        names: [h2c ? 'h2c' : 'bridge'],
        tls,
        environment: { NODE_OPTIONS: `--import=${PRELOAD}`, INSPECTOR_PORT: String(port) },
      });
      const [bridge] = field.contenders;
      if (bridge === undefined) throw new Error('there is no bridge');
      const measurement = { bucket: field.bucket, connections, signal: children.signal };
      await measure(bridge, object, { ...measurement, seconds: WARM_UP_SECONDS });
      const bare = await measure(bridge, object, { ...measurement, seconds });
      const inspector = await connectInspector(port);
      await inspector.startProfile();
      const profiled = await measure(bridge, object, { ...measurement, seconds });
      const { profile, json } = await inspector.stopProfile();
      inspector.close();
      if (out !== undefined) writeFileSync(out, json);
      const cpu = (sample: typeof bare): string =>
        object.isLarge
          ? `${sample.cpuMicrosecondsPerMib.toFixed(0)} µs/MiB`
          : `${sample.cpuMicrosecondsPerRequest.toFixed(0)} µs/request`;
      return [
        `- \`npm run bench:flame -- --only ${object.key} --connections ${connections} --seconds ${seconds}${tls ? ' --tls' : ''}${h2c ? ' --h2c' : ''}\`: ` +
          `Fedbridge alone on its core; ${cpu(bare)} of CPU before the profile, ${cpu(profiled)} under it. ` +
          'Shares refer to the time in which the main thread was not idle. An inlined function counts for the function that contains it.',
        `\n${summary(selfTimes(profile))}`,
      ].join('\n');
    }),
});

function summary({ idle, garbage, native, functions, whole, files, packages }: SelfTimes): string {
  const percent = (share: number): string => (share * 100).toFixed(1);
  const table = (head: string, shares: readonly Share[], count: number): string =>
    markdownTable([
      [head, '% of the busy time'],
      // In a Markdown table, an unescaped pipe ends a cell.
      ...shares.slice(0, count).map(({ name, share }) => [name.replaceAll('|', '\\|'), percent(share)]),
    ]);
  return [
    `Idle ${percent(idle)} % of the whole time. Of the rest: ${percent(garbage)} % collecting garbage, ` +
      `${percent(native)} % native code outside of any function (libuv, system calls).\n`,
    table('package', packages, lines / 2),
    table('file', files, lines),
    table('function', functions, lines),
    table(
      'function, with all it called',
      whole.filter(({ name }) => !OUTSIDE.has(name)),
      2 * lines,
    ),
  ].join('\n');
}
