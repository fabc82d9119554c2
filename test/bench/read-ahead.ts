// `npm run bench:read-ahead`: measures one GET of a large object from an S3 that limits the rate of each connection. Flags:
// --connections LIST (1,4,8), --rate MIB (20 per second and connection), --size GIB (1), --write.
import { truncateSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LOAD_CORE, startField, WIDE_LIMITS } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { cpuSeconds, forgetPeak, peakMiB, residentMiB } from './cpu-time.ts';
import { markdownTable } from './markdown.ts';
import { originRoot } from './nginx.ts';
import { runBench, wholeNumber } from './run-bench.ts';

const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1,4,8' },
    rate: { type: 'string', default: '20' },
    size: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const numbers = values.connections.split(',').map((number) => wholeNumber('connections', number));
const rate = wholeNumber('rate', values.rate);
const bytes = wholeNumber('size', values.size) * 1024 * MIB;

interface Measured {
  readonly connections: number;
  readonly mibPerSecond: number;
  readonly idleMiB: number;
  readonly peakMiB: number;
  readonly cpuMicrosecondsPerMiB: number;
}

await runBench({
  section: 'Read-ahead',
  write: values.write,
  run: async ({ sandbox, part }) => {
    const all: Measured[] = [];
    for (const connections of numbers) {
      all.push(
        await part(async (children, directory) => {
          const config = sandbox.environment['FEDBRIDGE_CONFIG'] ?? '';
          const { contenders, bucket } = await startField(children, directory, sandbox, {
            names: ['bridge'],
            ratePerConnection: rate * MIB,
            environment: {
              FEDBRIDGE_CONFIG: `${config}${WIDE_LIMITS}readAhead: { connections: ${connections} }\n`,
            },
          });
          const file = join(originRoot(directory), bucket, 'large');
          writeFileSync(file, '');
          truncateSync(file, bytes);
          const [bridge] = contenders;
          if (bridge === undefined) throw new Error('the bridge did not start');
          return measure(bridge, bucket, connections);
        }),
      );
    }
    const [first] = all;
    const rows = all.map((each) => [
      String(each.connections),
      each.mibPerSecond.toFixed(1),
      first === undefined ? '' : (each.mibPerSecond / first.mibPerSecond).toFixed(2),
      each.idleMiB.toFixed(0),
      (each.peakMiB - each.idleMiB).toFixed(0),
      each.cpuMicrosecondsPerMiB.toFixed(0),
    ]);
    const heads = ['`connections`', 'MiB/s', '×', 'idle before, MiB', 'peak above idle, MiB', 'CPU µs/MiB'];
    return [
      `- \`npm run bench:read-ahead -- --connections ${numbers.join()} --rate ${rate}\`: one GET of ${bytes / MIB} MiB through a new ` +
        `bridge for each line. Core ${LOAD_CORE}: the reader, and nginx as S3 (a sparse file, \`limit_rate\` ${rate} MiB/s on each ` +
        'connection). `readAhead.memory` has its default. Resident size of the process (VmRSS, VmHWM).',
      `\n${markdownTable([heads, ...rows], 0)}`,
    ].join('\n');
  },
});

async function measure(bridge: Contender, bucket: string, connections: number): Promise<Measured> {
  // Makes the bridge obtain credentials, and lets V8 compile the hot code.
  for (let i = 0; i < 200; i += 1) await download(bridge, `/${bucket}/1k`);
  const idle = residentMiB(bridge.pid);
  const cpu = cpuSeconds(bridge.pid);
  forgetPeak(bridge.pid);
  const beganAt = performance.now();
  const received = await download(bridge, `/${bucket}/large`);
  const seconds = (performance.now() - beganAt) / 1000;
  if (received !== bytes) throw new Error(`the bridge sent ${received} of ${bytes} bytes`);
  const measured = {
    connections,
    mibPerSecond: bytes / MIB / seconds,
    idleMiB: idle,
    peakMiB: peakMiB(bridge.pid),
    cpuMicrosecondsPerMiB: ((cpuSeconds(bridge.pid) - cpu) / (bytes / MIB)) * 1e6,
  };
  process.stderr.write(`${JSON.stringify(measured)}\n`);
  return measured;
}

/** @returns the number of bytes in the response's body */
function download({ origin, headers }: Contender, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  get(origin + path, { headers }, (response) => {
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    response.on('end', () => {
      if (response.statusCode === 200) resolve(received);
      else reject(new Error(`the bridge responded with ${response.statusCode ?? 0}`));
    });
    response.on('error', reject);
  }).on('error', reject);
  return promise;
}
