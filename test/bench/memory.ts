// `npm run bench:memory`: measures the bridge's resident memory while many callers read a large object slowly. Flags: --streams
// LIST (0,256,1024), --read-ahead LIST (4; values of readAhead.connections, 1 turns it off), --seconds N (20, with all streams
// open), --baseline DIR, --write.
import { execFile } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import type { Children } from './children.ts';
import { LOAD_CORE, startField, WIDE_LIMITS } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { cpuSeconds, forgetPeak, peakMiB, residentMiB } from './cpu-time.ts';
import { markdownTable } from './markdown.ts';
import { originRoot } from './nginx.ts';
import { titleOf } from './report.ts';
import { runBench, wholeNumber } from './run-bench.ts';
import type { Bench } from './run-bench.ts';
import type { Readers } from './slow-readers.ts';

const LARGE = { key: '256m', bytes: 256 * 1024 * 1024 };
const BYTES_A_SECOND = 64 * 1024;
/** The number of streams per second that slow-readers.ts opens. */
const OPENED_A_SECOND = 160;
/** The target peak for 1,000 streams, in MiB: less than 60 % of the 512 MiB that a Cloud Run instance has by default. */
const TARGET_MIB = 300;

const READERS = fileURLToPath(new URL('slow-readers.ts', import.meta.url));
const readers: z.ZodType<Readers> = z.object({
  streams: z.number(),
  held: z.number(),
  failure: z.string().nullable(),
  leastBytes: z.number(),
  mostBytes: z.number(),
});

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '0,256,1024' },
    'read-ahead': { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' },
    baseline: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const { baseline, write } = values;
const numbers = values.streams
  .split(',')
  .map((number) => (number === '0' ? 0 : wholeNumber('streams', number)));
const connectionNumbers = values['read-ahead'].split(',').map((number) => wholeNumber('read-ahead', number));
const seconds = wholeNumber('seconds', values.seconds);

await runBench({
  section: 'Memory',
  write,
  run: async (bench) => {
    const rows: string[][] = [];
    // Starts a new bridge for each load, because a process may keep memory after a load.
    for (const streams of numbers) {
      for (const connections of connectionNumbers) {
        const load = { streams, connections };
        rows.push(
          ...(await bench.part((children, directory) => hold(bench, children, { directory, ...load }))),
        );
      }
    }
    const heads = [
      '`readAhead.connections`',
      'streams held',
      'idle before, MiB',
      'peak, MiB',
      'at the end, MiB',
    ];
    const more = ['peak above idle, KiB a stream', 'KiB read by each', 'CPU µs/MiB'];
    return [
      `- \`npm run bench:memory -- --streams ${numbers.join()} --read-ahead ${connectionNumbers.join()} --seconds ${seconds}\`: streams of ` +
        `one object of 256 MiB, each read at ${BYTES_A_SECOND / 1024} KiB/s through sockets that pause, all of them held for ${seconds} s; a new bridge for each ` +
        'line. Resident size of the process (VmRSS, VmHWM); socket buffers in the kernel are not included. ' +
        `Core ${LOAD_CORE}: the readers, nginx as S3. Target: at most ${TARGET_MIB} MiB at 1,000.`,
      `\n${markdownTable([['', ...heads, ...more], ...rows])}`,
    ].join('\n');
  },
});

async function hold(
  { sandbox }: Bench,
  children: Children,
  {
    directory,
    streams,
    connections,
  }: { readonly directory: string; readonly streams: number; readonly connections: number },
): Promise<string[][]> {
  const { contenders, bucket } = await startField(children, directory, sandbox, {
    names: ['bridge'],
    baseline,
    environment: {
      FEDBRIDGE_CONFIG:
        `${sandbox.environment['FEDBRIDGE_CONFIG'] ?? ''}${WIDE_LIMITS}` +
        `readAhead: { connections: ${connections} }\n`,
    },
  });
  const file = join(originRoot(directory), bucket, LARGE.key);
  writeFileSync(file, '');
  // A sparse file is enough, because the readers read only its beginning.
  truncateSync(file, LARGE.bytes);
  const rows: string[][] = [];
  for (const contender of contenders) {
    const [title = '', ...figures] = await row(contender, bucket, streams, children.signal);
    rows.push([title, String(connections), ...figures]);
  }
  return rows;
}

async function row(
  { name, pid, origin, headers }: Contender,
  bucket: string,
  streams: number,
  signal: AbortSignal,
): Promise<string[]> {
  const before = residentMiB(pid);
  const cpu = cpuSeconds(pid);
  forgetPeak(pid);
  const lasting = Math.ceil(streams / OPENED_A_SECOND) + seconds;
  const token = headers['authorization']?.replace('Bearer ', '') ?? '';
  const ended = promisify(execFile)(
    'taskset',
    [
      '-c',
      String(LOAD_CORE),
      process.execPath,
      READERS,
      new URL(origin).port,
      `/${bucket}/${LARGE.key}`,
      token,
      String(streams),
      String(BYTES_A_SECOND),
      String(lasting),
    ],
    { signal },
  );
  const { stdout } = await ended;
  const peak = peakMiB(pid);
  const after = residentMiB(pid);
  const read = readers.parse(JSON.parse(stdout));
  if (read.held < streams) {
    throw new Error(`${streams - read.held} of ${streams} streams were not held: ${read.failure ?? '?'}`);
  }
  const mib = ((read.leastBytes + read.mostBytes) / 2 / 1024 / 1024) * streams;
  process.stderr.write(
    `${name}, ${streams} streams: ${before.toFixed(0)} MiB, at most ${peak.toFixed(0)} MiB\n`,
  );
  return [
    titleOf(name),
    String(streams),
    before.toFixed(0),
    peak.toFixed(0),
    after.toFixed(0),
    streams === 0 ? '' : (((peak - before) * 1024) / streams).toFixed(0),
    streams === 0 ? '' : `${Math.round(read.leastBytes / 1024)}–${Math.round(read.mostBytes / 1024)}`,
    streams === 0 ? '' : (((cpuSeconds(pid) - cpu) / mib) * 1e6).toFixed(0),
  ];
}
