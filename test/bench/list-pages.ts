// `npm run bench:lists`: measures the CPU cost of one list page of 1,000 keys, as JSON and as S3's XML, and of many concurrent
// pages. Flags: --pages N (200, one after the other), --at-once N (64), --baseline DIR.
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { configured, emailOf } from '../support/configuration.ts';
import { startStandIn } from '../support/stand-in.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { cpuSeconds, peakMiB } from './cpu-time.ts';
import { longList } from './long-list.ts';
import { markdownTable } from './markdown.ts';
import { wholeNumber } from './run-bench.ts';

const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '200' },
    'at-once': { type: 'string', default: '64' },
    baseline: { type: 'string' },
  },
});
const pages = wholeNumber('pages', values.pages);
const atOnce = wholeNumber('at-once', values['at-once']);
const { baseline } = values;

const KEYS = 1_000;
const shortKeys = longList('acme-lake', KEYS);
/** Keys that have the maximum length, and in which every byte must be percent-encoded. */
const longKeys = shortKeys.replaceAll('raw/public/2026/11/part-', '%E6%97%A5'.repeat(333));

const s3 = await startStandIn((request, response) => {
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(request.url?.includes('prefix=long') === true ? longKeys : shortKeys);
});
const here = new URL('../../src/main.ts', import.meta.url).pathname;
const programs = [...(baseline === undefined ? [] : [`${baseline}/src/main.ts`]), here];
const rows: string[][] = [];
for (const program of programs) {
  const wire = await startWire({
    ownProcess: true,
    config: configured({
      buckets: { 'acme-lake': `role: lake, region: eu-west-1, endpoint: "${s3.origin}"` },
      grants: [`callers: [${emailOf('reader')}], allow: [get, list], bucket: acme-lake`],
    }),
    program: { command: [process.execPath, '--min-semi-space-size=16', program, 'serve'], options: {} },
  });
  try {
    rows.push([program === here ? 'here' : 'baseline', ...(await measure(wire))]);
  } finally {
    await wire.close();
  }
}
s3.close();

async function measure(wire: Wire): Promise<string[]> {
  const json = '/-/objects?bucket=acme-lake&prefix=';
  const xml = '/acme-lake?list-type=2&encoding-type=url&prefix=';
  const token = await wire.token('reader');
  const headers = { authorization: `Bearer ${token}` };
  const millisecondsEach = async (path: string): Promise<string> => {
    for (let i = 0; i < pages / 4; i += 1) await wire.get(path, { headers });
    const before = cpuSeconds(wire.bridge.pid);
    for (let i = 0; i < pages; i += 1) await wire.get(path, { headers });
    return (((cpuSeconds(wire.bridge.pid) - before) * 1000) / pages).toFixed(2);
  };
  const each = [
    await millisecondsEach(`${json}short`),
    await millisecondsEach(`${xml}short`),
    await millisecondsEach(`${json}long`),
    await millisecondsEach(`${xml}long`),
  ];
  const begunAt = performance.now();
  const asked = Array.from({ length: atOnce }, () => wire.get(`${json}long`, { headers }));
  await setTimeout(10);
  const live = await wire.get('/-/live');
  const liveAfter = performance.now() - begunAt;
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  const served = statuses.filter((status) => status === 200).length;
  return [
    ...each,
    `${served} of ${atOnce}`,
    `${Math.round(liveAfter)} (${live.status})`,
    String(Math.round(peakMiB(wire.bridge.pid))),
  ];
}

const heads = ['', 'short keys, JSON, ms', 'XML, ms', 'long keys, JSON, ms', 'XML, ms'];
const more = ['long pages at once, served', '`/-/live` after, ms', 'peak, MiB'];
process.stdout.write(markdownTable([[...heads, ...more], ...rows]));
