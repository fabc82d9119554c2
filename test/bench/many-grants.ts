// Measures the cost of a request with many grants and many callers, both for cached tokens and for new tokens.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { askOnce } from './one-request-per-token.ts';
import type { Asked } from './one-request-per-token.ts';
import type { Children } from './children.ts';
import { startField, WIDE_LIMITS } from './contenders.ts';
import type { Contender } from './contenders.ts';
import { markdownTable, spread } from './markdown.ts';
import { urlOf } from './measure.ts';
import type { Sample } from './measure.ts';
import { originRoot } from './nginx.ts';
import { objectOf, SMALL } from './objects.ts';
import { titleOf } from './report.ts';
import type { Rounds } from './rounds.ts';
import type { Bench } from './run-bench.ts';
import { callerId, freshTokens } from './tokens.ts';

const CALLERS = 1_000;
const CONNECTIONS = 32;
const COUNTS = [10, 10_000] as const;

const [SMALLEST] = SMALL;
/** The requested key, which only the last grant of each caller allows. */
const KEY = 'p9/1k';

export async function manyGrants(
  { sandbox }: Bench,
  children: Children,
  options: {
    readonly directory: string;
    readonly baseline: string | undefined;
    readonly taking: Rounds;
    readonly rounds: number;
    readonly seconds: number;
  },
): Promise<string> {
  const { directory, baseline, taking, rounds, seconds } = options;
  if (SMALLEST === undefined) throw new Error('there is no object');
  const object = objectOf(SMALLEST.name, KEY, SMALLEST.size, SMALLEST.content);
  const { bucket } = sandbox.contract;
  const contenders: Contender[] = [];
  for (const count of COUNTS) {
    const own = join(directory, String(count));
    mkdirSync(own);
    const config = join(own, 'config.yaml');
    writeFileSync(config, configuration(sandbox.contract, count));
    const environment = { FEDBRIDGE_CONFIG: config };
    const field = await startField(children, own, sandbox, { names: ['bridge'], baseline, environment });
    const file = join(originRoot(own), bucket, KEY);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, object.content());
    const [token = ''] = freshTokens(sandbox, 1);
    contenders.push(
      ...field.contenders.map((contender) => ({
        ...contender,
        name: `${titleOf(contender.name)}, ${count.toLocaleString('en')} grants`,
        headers: { authorization: `Bearer ${token}` },
      })),
    );
  }

  const cold = new Map<string, Asked[]>(contenders.map(({ name }) => [name, []]));
  const warm = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  const file = join(directory, 'tokens');
  const measurement = { bucket, connections: CONNECTIONS, seconds, signal: children.signal };
  // The first load is a warm-up, in which each contender creates a session and V8 compiles the hot code.
  await taking.run(contenders, object, measurement, 1);
  for (let round = 1; round <= rounds; round += 1) {
    const tokens = freshTokens(sandbox, CALLERS);
    writeFileSync(file, tokens.map((token) => `${token}\n`).join(''));
    for (const contender of contenders) {
      const { name, pid } = contender;
      const asked = await askOnce(urlOf(contender, object, { bucket }), tokens, {
        pid,
        connections: CONNECTIONS,
      });
      cold.get(name)?.push(asked);
    }
    const samples = await taking.run(contenders, object, { ...measurement, tokens: file }, 1);
    for (const [name, own] of samples) warm.get(name)?.push(...own);
  }
  const heads = ['', 'tokens', 'CPU µs/request', 'p50 ms', 'p99 ms', 'requests/s'];
  const rows = contenders.flatMap(({ name }) => {
    const [first, again] = [cold.get(name) ?? [], warm.get(name) ?? []];
    const figures = (samples: readonly Asked[]): string[] => [
      spread(samples.map((sample) => sample.cpuMicrosecondsPerRequest)),
      spread(
        samples.map((sample) => sample.p50Ms),
        2,
      ),
      spread(
        samples.map((sample) => sample.p99Ms),
        2,
      ),
    ];
    return [
      [name, 'never seen', ...figures(first), ''],
      [name, 'seen', ...figures(again), spread(again.map((sample) => sample.requestsPerSecond))],
    ];
  });
  return (
    `### Grants and callers\n\n${CALLERS.toLocaleString('en')} callers with a token each, ${CONNECTIONS} connections, 1 KiB. Never ` +
    'seen: a client in Node presents each token once, so its signature is verified; the client limits the rate. Seen: wrk presents ' +
    'the same tokens in turn. All callers have the same grants and share one session.\n\n' +
    markdownTable([heads, ...rows], 2)
  );
}

/**
 * With few grants, each grant covers several callers. With many grants, each caller has several grants for the prefixes p0/,
 * p1/, …
 */
function configuration(
  { audience, awsAudience, region, role, bucket }: SandboxContract,
  count: number,
): string {
  const quoted = (index: number): string => `"${callerId(index)}"`;
  const ofEach = Math.max(1, CALLERS / count);
  const prefixes = Math.max(1, count / CALLERS);
  const grants = Array.from({ length: count }, (_, index) => {
    const first = count <= CALLERS ? index * ofEach : Math.floor(index / prefixes);
    const callers = Array.from({ length: ofEach }, (_ignored, number) => quoted(first + number));
    const prefix = count <= CALLERS ? 'p9/' : `p${index % prefixes}/`;
    return `  - {callers: [${callers.join()}], allow: [get], bucket: ${bucket}, prefix: ${prefix}}\n`;
  });
  return `audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
roles:
  lake: { arn: '${role}', session: bridge }
buckets:
  ${bucket}: { role: lake }
${WIDE_LIMITS}grants:
${grants.join('')}`;
}
