// Runs a soak: load with faults, a measurement of memory and sockets, more load with faults, load without faults, and a second
// measurement.
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from '../support/http-request.ts';
import { PATIENCE_MS, until } from '../support/until.ts';
import { createCallers } from './callers.ts';
import { exchange } from './exchange.ts';
import { explainer } from './explain.ts';
import { createStock } from './objects.ts';
import { createSchedule } from './plan.ts';
import type { Plan } from './plan.ts';
import { leaksOf } from './report.ts';
import type { Report } from './report.ts';
import { startStage } from './stage.ts';
import type { SoakStage } from './stage.ts';
import { createTally } from './tally.ts';
import type { Finding } from './tally.ts';
import { watchMachine } from './machine.ts';
import { makeWeather } from './fault-schedule.ts';
import type { Held } from './fault-schedule.ts';

export interface SoakOptions {
  readonly seed: number;
  /** The minimum duration of the load with faults. */
  readonly seconds: number;
  /** Whether the load with faults may end; a slow machine may need more than `seconds`. */
  readonly isEnough?: (progress: Progress) => boolean;
  /** Makes S3 change one byte of its responses during the second load, to test that the soak detects the change. */
  readonly lies?: boolean;
}

export interface Progress {
  readonly kinds: ReadonlySet<string>;
  /** The S3 faults that have affected requests. */
  readonly strikes: ReadonlySet<string>;
  readonly spells: number;
}

const WORKERS = 16;
/**
 * The share of the load before the first measurement. It is enough to fill caches, which would otherwise be reported as leaks.
 */
const FIRST_SHARE = 0.3;
const FIRST_MOST_SECONDS = 60;
const FAIR_MS = 3_000;
/**
 * The maximum number of measurements at the end. Finalizers run after a garbage collection, so an apparent leak may disappear.
 */
const LOOKS = 20;

export async function soak({
  seed,
  seconds,
  isEnough = () => true,
  lies = false,
}: SoakOptions): Promise<Report> {
  const stock = createStock();
  const planOf = createSchedule(seed, stock);
  const underWay = new Map<number, Plan>();
  const tally = createTally();
  const stage = await startStage({
    stock,
    strikeOf: (id) => underWay.get(id)?.strike,
    onLine: tally.line,
  });
  const { bridge, front, sandbox, surroundings } = stage;
  const authorizationOf = createCallers(sandbox);
  const agent = new Agent({ keepAlive: true });
  const counters = new Array<number>(WORKERS).fill(0);
  const work = async (worker: number, ends: AbortSignal): Promise<void> => {
    while (!ends.aborted && !bridge.hasEnded()) {
      const n = counters[worker] ?? 0;
      counters[worker] = n + 1;
      const plan = planOf(worker, n);
      await sleep(plan.thinkMs);
      underWay.set(plan.id, plan);
      tally.request(
        plan,
        await exchange(bridge.url, plan, authorizationOf(plan), plan.fresh ? false : agent),
      );
      underWay.delete(plan.id);
    }
  };
  const load = async (ends: AbortSignal): Promise<void> => {
    await Promise.all(counters.map((_, worker) => work(worker, ends)));
  };
  const held: Held[] = [];
  const machine = watchMachine(held);
  let spells = 0;
  const roughLoad = async (milliseconds: number, isOver = (): boolean => true): Promise<void> => {
    const ends = new AbortController();
    const weather = makeWeather(seed, surroundings, held, spells, ends.signal);
    const loaded = load(ends.signal);
    await sleep(milliseconds);
    await until('enough requests and faults have happened', isOver).finally(() => {
      ends.abort();
    });
    await loaded;
    spells = await weather;
  };
  const hasEnough = (): boolean =>
    isEnough({
      kinds: tally.kinds(),
      strikes: new Set([...front.struck.values()].flat()),
      spells: held.filter(({ weather }) => weather.kind !== 'slow-machine').length,
    });
  try {
    await until('the bridge is ready', () => isReady(stage));
    const first = Math.round(Math.min(seconds * FIRST_SHARE, FIRST_MOST_SECONDS));
    await roughLoad(first * 1000);
    const early = await quieten(stage, agent);
    const before = await bridge.holdings();
    front.liesFrom(lies);
    await roughLoad((seconds - first) * 1000, hasEnough);
    front.liesFrom(false);
    front.strikes(false);
    await until('the bridge has recovered', () => hasRecovered(stage, authorizationOf));
    tally.fairFromNow();
    await load(AbortSignal.timeout(FAIR_MS));
    const late = await quieten(stage, agent);
    let after = await bridge.holdings();
    for (let look = 1; look < LOOKS && leaksOf(before, after).length > 0; look += 1)
      after = await bridge.holdings();
    const findings = [...early, ...late, ...leaksOf(before, after), ...(await endOf(stage))];
    const { struck } = front;
    const sums = tally.sum(explainer({ struck, told: tally.told, held }), (id) => struck.has(id));
    const strikes: Record<string, number> = {};
    for (const how of [...struck.values()].flat()) strikes[how] = (strikes[how] ?? 0) + 1;
    return {
      seed,
      seconds,
      spells,
      ...sums,
      strikes,
      before,
      after,
      findings: [...sums.findings, ...findings],
    };
  } finally {
    machine.stop();
    agent.destroy();
    await stage.close();
  }
}

const isReady = async ({ bridge }: SoakStage): Promise<boolean> =>
  (await request(bridge.url, '/-/ready')).status === 200;

async function hasRecovered(
  { bridge }: SoakStage,
  authorizationOf: ReturnType<typeof createCallers>,
): Promise<boolean> {
  for (const as of ['reader', 'scoped'] as const) {
    const authorization = authorizationOf({ as, token: 'good' }) ?? '';
    const reply = await request(bridge.url, '/acme-lake/raw/public/soak/small', {
      headers: { authorization },
    });
    if (reply.status !== 200) return false;
  }
  return true;
}

/**
 * Waits until the bridge has no requests in progress and no open connections to S3.
 * @returns findings if requests or connections remain
 */
async function quieten({ bridge, front, surroundings }: SoakStage, agent: Agent): Promise<Finding[]> {
  agent.destroy();
  const problems: string[] = [];
  const settle = (what: string, holds: () => boolean | Promise<boolean>, rest: () => string): Promise<void> =>
    until(what, holds).catch(() => {
      problems.push(`not within ${PATIENCE_MS} ms: ${what}; ${rest()}`);
    });
  await settle(
    'nothing is in progress',
    async () => (await bridge.inFlight()) === 0,
    () => '',
  );
  for (const upstream of ['metadata', 'certs', 'sts']) {
    await surroundings.control('PUT', '/faults', { upstream: upstream, fault: 'refuse' });
    await surroundings.control('PUT', '/faults', { upstream: upstream, fault: null });
  }
  const isClosed = (): boolean => {
    front.dropIdleConnections();
    return front.connections().length === 0;
  };
  await settle('no connection to S3 remains', isClosed, () => front.connections().join('; '));
  return problems.map((found) => ({ plan: -1, kind: 'idle', path: '', requestId: undefined, found }));
}

/** Checks that the bridge is ready, has written nothing to standard error, and exits on a signal. */
async function endOf(stage: SoakStage): Promise<Finding[]> {
  const { bridge } = stage;
  const problems: string[] = [];
  if (bridge.hasEnded()) problems.push('the bridge has exited on its own');
  else if (!(await isReady(stage))) problems.push('the bridge is not ready');
  const code = await bridge.stop();
  if (code !== 0) problems.push(`the bridge exited with ${String(code)}`);
  if (bridge.complaints() !== '') problems.push(`standard error: ${bridge.complaints()}`);
  return problems.map((found) => ({ plan: -1, kind: 'end', path: '', requestId: undefined, found }));
}
