// Sends the fuzzer's raw requests to a real bridge, and checks the requests that S3 receives.
import type { FuzzCase } from './fuzz-case.ts';
import { edited, headersOf } from './fuzz-case.ts';
import { AUDIENCE, CALLER_NAMES, CALLERS } from './lake.ts';
import type { CallerName } from './lake.ts';
import type { Failure } from './loop.ts';
import { startMint } from './mint.ts';
import type { Mint } from './mint.ts';
import { mutate, mutateHead } from './mutate.ts';
import { seededRandom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { rawClient } from './raw-client.ts';
import type { RawClient } from './raw-client.ts';
import { asTarget } from './received.ts';
import { recipeOf, SEEDS } from './seeds.ts';
import { shrink } from './shrink.ts';
import { judgeToken } from './token-oracle.ts';
import { startWireStage } from './wire-stage.ts';
import type { WireStage } from './wire-stage.ts';

export interface WireReport {
  readonly cases: number;
  readonly atS3: number;
  /** The number of responses by status; 0 means that the bridge closed the connection without a response. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly failure?: Failure;
}

const CONNECTIONS = 8;
/** The share of cases with a mutated request head. */
const RAW_SHARE = 0.25;
/**
 * How long to wait for the response to a mutated head. The time is short, because the bridge does not respond to an incomplete
 * head.
 */
const RAW_WAIT_MS = 40;
/** How long to wait for any other response. Even on a slow machine, only a request that hangs takes longer. */
const WAIT_MS = 60_000;

export async function fuzzOnTheWire(options: {
  readonly cases: number;
  readonly seed: number;
  readonly replay?: FuzzCase;
}): Promise<WireReport> {
  const mint = await startMint();
  const stage = await startWireStage(mint);
  const random = seededRandom(options.seed);
  const statuses = new Map<number, number>();
  let cases = 0;
  let failure: Failure | undefined;

  const fuzz = async (client: RawClient): Promise<void> => {
    while (cases < options.cases && failure === undefined) {
      cases += 1;
      const each = options.replay ?? nextCase(random);
      const { breach, status } = await judgeOne(each, { stage, mint, client });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (breach !== undefined) failure ??= { breach, failing: each };
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, () => fuzz(rawClient(stage.wire.bridge.url))));
    const client = rawClient(stage.wire.bridge.url);
    const judge = async (each: FuzzCase): Promise<string | undefined> =>
      (await judgeOne(each, { stage, mint, client })).breach;
    if (failure !== undefined)
      failure = { ...failure, failing: await shrink(failure.failing, failure.breach, judge) };
    failure ??= await stillServes(judge, stage);
    client.drop();
    return { cases, atS3: stage.requests(), statuses, ...(failure === undefined ? {} : { failure }) };
  } finally {
    await stage.close();
    mint.close();
  }
}

/** Tokens with Google's signature always contain a known caller's claims, so that the session name identifies the caller. */
function nextCase(random: Random): FuzzCase {
  const made = mutate(random, random.pick(SEEDS), random.pick(SEEDS), 2);
  const url = asTarget(made.url);
  const token =
    made.token.signer === 'google'
      ? { ...recipeOf(random.chance(0.5) ? 'reader' : random.pick(CALLER_NAMES)), edits: made.token.edits }
      : made.token;
  return random.chance(RAW_SHARE)
    ? { ...made, url, token, raw: mutateHead(random) }
    : { ...made, url, token };
}

const HEAD_BYTES = 14 * 1024;

async function judgeOne(
  each: FuzzCase,
  { stage, mint, client }: { readonly stage: WireStage; readonly mint: Mint; readonly client: RawClient },
): Promise<{ readonly breach: string | undefined; readonly status: number }> {
  const token = mint.token(each.token);
  const lines = headersOf(each, token).map(
    ([name, value]) => `${name}: ${value.replace(/[\r\n\0]/g, '')}\r\n`,
  );
  const head = `${each.method} ${each.url} HTTP/1.1\r\nHost: bridge\r\n${lines.join('')}\r\n`.slice(
    0,
    HEAD_BYTES,
  );
  const { raw } = each;
  if (raw !== undefined) {
    const before = stage.breaches.length;
    const reply = await client.send(raw.reduce(edited, head), each.method === 'HEAD', RAW_WAIT_MS);
    client.drop();
    const status = typeof reply === 'object' ? reply.status : 0;
    const crash = status === 500 ? 'crash: 500' : undefined;
    return { breach: crash ?? breachSince(before, stage), status };
  }
  const before = stage.breaches.length;
  const reply = await client.send(head, each.method === 'HEAD', WAIT_MS);
  // These headers may change how the bridge parses the next bytes on the connection.
  if (/^(?:connection|upgrade|expect|content-length|transfer-encoding):/im.test(lines.join('')))
    client.drop();
  if (reply === 'silent') return { breach: `hang: no response within ${WAIT_MS} ms`, status: 0 };
  if (reply === undefined) return { breach: undefined, status: 0 };
  const { status, headers } = reply;
  if (status === 500) return { breach: 'crash: 500', status };
  const seen = stage.seen(headers.get('x-request-id') ?? '');
  const breach = seen?.breach ?? breachSince(before, stage);
  if (breach !== undefined) return { breach: `at S3: ${breach}`, status };
  const own = seen === undefined ? undefined : callerOf(token, mint);
  return { breach: seen?.caller === own ? undefined : `session: of ${String(seen?.caller)}`, status };
}

/**
 * Returns the violation that was recorded next after the first `before` violations, on any connection; undefined if there is
 * none.
 */
const breachSince = (before: number, { breaches }: WireStage): string | undefined => breaches[before];

function callerOf(token: string, mint: Mint): CallerName | undefined {
  const { caller } = judgeToken(token, mint, AUDIENCE);
  return CALLER_NAMES.find((name) => CALLERS[name].sub === caller?.sub);
}

async function stillServes(
  judge: (each: FuzzCase) => Promise<string | undefined>,
  stage: WireStage,
): Promise<Failure | undefined> {
  const failing: FuzzCase = {
    method: 'GET',
    url: '/acme-lake/still/there',
    headers: [],
    token: recipeOf('reader'),
    place: 'bearer',
  };
  const before = stage.requests();
  const breach = await judge(failing);
  if (breach !== undefined) return { breach, failing };
  if (stage.requests() === before) return { breach: 'end: the bridge no longer serves reads', failing };
  const bad = stage.wire.bridge.lines.find(
    (line) => line['fault'] === 'internal' || line['severity'] === 'CRITICAL',
  );
  return bad === undefined ? undefined : { breach: `log: ${JSON.stringify(bad)}`, failing };
}
