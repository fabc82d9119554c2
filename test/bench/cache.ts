// `npm run bench:cache`: compares hits with uncached reads over TLS and with nginx's proxy_cache, and measures how many bytes random
// reads fetch. Flags: --seconds N (4), --reads N (10000), --write.
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../support/random.ts';
import { LOAD_CORE, MEASURED_CORE, startField, WIDE_LIMITS } from './contenders.ts';
import type { Contender, FieldOptions } from './contenders.ts';
import { residentMiB } from './cpu-time.ts';
import { openLogPipe } from './log-pipe.ts';
import { markdownTable, spread } from './markdown.ts';
import { check, measure } from './measure.ts';
import { originRoot, startProxy } from './nginx.ts';
import { OBJECTS } from './objects.ts';
import { freePort, listening } from './ports.ts';
import { runBench, wholeNumber } from './run-bench.ts';
import type { Bench } from './run-bench.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    reads: { type: 'string', default: '10000' },
    write: { type: 'boolean', default: false },
  },
});
const seconds = wholeNumber('seconds', values.seconds);
const reads = wholeNumber('reads', values.reads);

const ROUNDS = 3;
const CONNECTIONS = 32;
const CACHE_MIB = 256;
const MIB = 1024 * 1024;
const COLD = { objects: 200, bytes: 88 * MIB, read: 100 * 1024, atOnce: 16 };

function cacheOptions({ sandbox }: Bench, metricsPort: number, caches: boolean): FieldOptions {
  const cache = caches ? `cache: { memory: ${CACHE_MIB}MiB, freshFor: 60s }\n` : '';
  const config = `${sandbox.environment['FEDBRIDGE_CONFIG'] ?? ''}${WIDE_LIMITS}${cache}`;
  return {
    names: ['bridge'],
    environment: { FEDBRIDGE_CONFIG: config, FEDBRIDGE_METRICS_PORT: String(metricsPort) },
  };
}

const only = ([contender]: readonly Contender[]): Contender => {
  if (contender === undefined) throw new Error('no contender was started');
  return contender;
};

/** @returns requests/s of 1 KiB and MiB/s of 1 MiB, the median of alternating rounds */
async function compareHits(bench: Bench): Promise<string> {
  return bench.part(async (children, directory) => {
    const field = async (name: string, caches: boolean) => {
      const own = join(directory, name);
      mkdirSync(own);
      const options = cacheOptions(bench, await freePort(), caches);
      return startField(children, own, bench.sandbox, { ...options, tls: true });
    };
    const [uncached, cached] = [await field('uncached', false), await field('cached', true)];
    const port = await freePort();
    const nginxDirectory = join(directory, 'nginx');
    mkdirSync(nginxDirectory);
    const { pid } = startProxy(children, {
      core: MEASURED_CORE,
      port,
      directory: nginxDirectory,
      originPort: Number(new URL(uncached.behind.origin).port),
      stdout: openLogPipe(children, LOAD_CORE, nginxDirectory),
      tls: {
        certificate: join(directory, 'uncached/origin.crt'),
        key: join(directory, 'uncached/origin.key'),
      },
      caches: true,
    });
    await listening(port, children.signal);
    const contenders: readonly Contender[] = [
      { ...only(uncached.contenders), name: 'bridge, uncached' },
      { ...only(cached.contenders), name: 'bridge, cached' },
      { name: 'nginx, cached', pid, origin: `http://127.0.0.1:${port}`, headers: {}, objects: OBJECTS },
    ];
    const rows: string[][] = [];
    for (const object of OBJECTS.filter(({ key }) => key === '1k' || key === '1m')) {
      const rates = new Map<string, number[]>();
      for (let round = 0; round < ROUNDS; round += 1)
        for (const contender of contenders) {
          const measurement = {
            bucket: uncached.bucket,
            connections: CONNECTIONS,
            seconds,
            signal: children.signal,
          };
          await check(contender, object, measurement);
          const sample = await measure(contender, object, measurement);
          const rate = object.isLarge ? sample.mibPerSecond : sample.requestsPerSecond;
          rates.set(contender.name, [...(rates.get(contender.name) ?? []), rate]);
        }
      const unit = object.isLarge ? 'MiB/s' : 'requests/s';
      for (const { name } of contenders)
        rows.push([object.name, name, `${spread(rates.get(name) ?? [], 0)} ${unit}`]);
    }
    return [
      `- \`npm run bench:cache\`: ${CONNECTIONS} connections, ${ROUNDS} rounds in turn. S3 is nginx over TLS. "nginx, cached" is nginx with \`proxy_cache\`; it verifies no callers and signs nothing.`,
      `\n${markdownTable([['object', 'server', 'median and range'], ...rows], 2)}`,
    ].join('\n');
  });
}

interface RandomReads {
  readonly seconds: number;
  readonly metric: (name: string) => number;
  /** Resident memory before and after the reads. */
  readonly beforeMiB: number;
  readonly afterMiB: number;
}

/** Reads random ranges of large sparse objects through a bridge that was just started. */
function readAtRandom(bench: Bench, caches: boolean): Promise<RandomReads> {
  return bench.part(async (children, directory) => {
    const metricsPort = await freePort();
    const { contenders, bucket } = await startField(
      children,
      directory,
      bench.sandbox,
      cacheOptions(bench, metricsPort, caches),
    );
    const { origin, headers, pid } = only(contenders);
    for (let i = 0; i < COLD.objects; i += 1) {
      const file = join(originRoot(directory), bucket, `sparse-${i}`);
      writeFileSync(file, '');
      truncateSync(file, COLD.bytes);
    }
    const beforeMiB = residentMiB(pid);
    const random = seededRandom(1);
    const agent = new Agent({ keepAlive: true, maxSockets: COLD.atOnce });
    let left = reads;
    const reader = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const first = random.below(COLD.bytes - COLD.read);
        const range = `bytes=${first}-${first + COLD.read - 1}`;
        const path = `/${bucket}/sparse-${random.below(COLD.objects)}`;
        const { promise, resolve, reject } = Promise.withResolvers<undefined>();
        request(`${origin}${path}`, { headers: { ...headers, range }, agent }, (response) => {
          if (response.statusCode !== 206) reject(new Error(`status ${response.statusCode ?? 0}`));
          response.resume().on('end', () => {
            resolve(undefined);
          });
        })
          .on('error', reject)
          .end();
        await promise;
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: COLD.atOnce }, reader));
    const elapsed = (performance.now() - began) / 1000;
    agent.destroy();
    const afterMiB = residentMiB(pid);
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/-/metrics`)).text();
    const metric = (name: string): number =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    return { seconds: elapsed, metric, beforeMiB, afterMiB };
  });
}

/**
 * Compares a cold cache with the same bridge without a cache under the same load, because each bridge needs more memory under load
 * than after its start.
 */
async function compareRandomReads(bench: Bench): Promise<string> {
  const uncached = await readAtRandom(bench, false);
  const { metric, ...cached } = await readAtRandom(bench, true);
  const aboveSlab = cached.afterMiB - CACHE_MIB;
  const mib = (size: number): string => `${size.toFixed(0)} MiB`;
  return markdownTable([
    ['random reads of 100 KiB, cold', 'result'],
    ['reads', `${reads} in ${cached.seconds.toFixed(0)} s`],
    [
      'bytes from S3 / bytes to callers',
      (metric('fedbridge_cache_s3_bytes_total') / metric('fedbridge_cache_sent_bytes_total')).toFixed(2),
    ],
    ['evictions', metric('fedbridge_cache_evictions_total').toFixed(0)],
    ['resident memory before', mib(cached.beforeMiB)],
    ['resident memory after, without the slab', mib(aboveSlab)],
    ['the same without a cache, before and after', `${mib(uncached.beforeMiB)}, ${mib(uncached.afterMiB)}`],
    ['memory that the cache takes above the slab', mib(aboveSlab - uncached.afterMiB)],
  ]);
}

await runBench({
  section: 'Cache',
  write: values.write,
  needs: { wrk: 'wrk', nginx: 'nginx' },
  run: async (bench) => `${await compareHits(bench)}\n${await compareRandomReads(bench)}`,
});
