// Counts request results and log lines, and collects unexpected results.
import type { LogLine } from '../support/bridge-process.ts';
import type { Exchange } from './exchange.ts';
import { toldIn } from './explain.ts';
import type { Explainer, Told } from './explain.ts';
import { TRACE_DIGITS } from './plan.ts';
import type { Plan } from './plan.ts';

/**
 * The result of a request: `left` if the caller disconnected, `stalled` if the caller stopped reading and the bridge closed the
 * connection.
 */
export type Verdict = 'expected' | 'left' | 'stalled' | 'unexpected' | 'wrong';

export interface Finding {
  readonly plan: number;
  readonly kind: string;
  readonly path: string;
  readonly requestId: string | undefined;
  readonly found: string;
}

export interface Tally {
  request(plan: Plan, exchange: Exchange): void;
  line(line: LogLine): void;
  /** The kinds of requests that have been sent so far. */
  kinds(): ReadonlySet<string>;
  /** After this call, only a slow machine is accepted as the cause of an unexpected result. */
  fairFromNow(): void;
  /**
   * Data from the log, by plan ID instead of request ID: a caller gets no request ID if the response is aborted before its
   * headers.
   */
  readonly told: ReadonlyMap<number, Told>;
  sum(explainer: Explainer, isStruck: (requestId: string) => boolean): Sums;
}

export interface Sums {
  readonly requests: number;
  readonly bytes: number;
  /** The number of requests for each kind and verdict. */
  readonly byKind: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The number of unexpected results that a fault explains, by explanation. */
  readonly explained: Readonly<Record<string, number>>;
  /** The number of requests that got the expected response in spite of a fault. */
  readonly healed: number;
  readonly errorLines: number;
  /** Unexplained results, each of which is a bug in the bridge or in the soak. */
  readonly findings: readonly Finding[];
}

function verdictOf(plan: Plan, exchange: Exchange): Verdict {
  if (exchange.wrong !== undefined) return 'wrong';
  if (exchange.left) return 'left';
  if (exchange.status === plan.expected.status && exchange.complete) return 'expected';
  if (plan.pace === 'stalls' && exchange.bytes > 0) return 'stalled';
  return 'unexpected';
}

/** The maximum number of findings to report. */
const MAX_FINDINGS = 200;

const SEVERE = new Set(['ERROR', 'CRITICAL']);

export function createTally(): Tally {
  const byKind: Record<string, Record<string, number>> = {};
  const told = new Map<number, Told>();
  const unexpected: { readonly plan: Plan; readonly exchange: Exchange }[] = [];
  const wrong: { readonly plan: Plan; readonly exchange: Exchange }[] = [];
  const severe: { readonly line: LogLine; readonly at: number }[] = [];
  const expectedIds = new Set<string>();
  let [requests, bytes] = [0, 0];
  let fairFrom = Infinity;
  return {
    told,
    request: (plan, exchange) => {
      const verdict = verdictOf(plan, exchange);
      requests += 1;
      bytes += exchange.bytes;
      const counts = (byKind[plan.kind] ??= {});
      counts[verdict] = (counts[verdict] ?? 0) + 1;
      if (verdict === 'wrong') wrong.push({ plan, exchange });
      if (verdict === 'unexpected') unexpected.push({ plan, exchange });
      if (verdict === 'expected' && plan.strike !== undefined && exchange.requestId !== undefined)
        expectedIds.add(exchange.requestId);
    },
    line: (line) => {
      const one = toldIn(line);
      if (SEVERE.has(String(line['severity']))) severe.push({ line, at: performance.now() });
      const plan = planOfTrace(line);
      if (plan !== undefined && (one.code !== undefined || one.abortedBy !== undefined)) told.set(plan, one);
    },
    kinds: () => new Set(Object.keys(byKind)),
    fairFromNow: () => (fairFrom = performance.now()),
    sum: (explainer, isStruck) => {
      const explained: Record<string, number> = {};
      const findings: Finding[] = [];
      const find = (finding: Finding): void => {
        if (findings.length < MAX_FINDINGS) findings.push(finding);
      };
      const toldOf = ({ id }: Plan): string => JSON.stringify(told.get(id) ?? 'nothing');
      for (const { plan, exchange } of wrong) find(findingOf(plan, exchange, exchange.wrong ?? ''));
      for (const { plan, exchange } of unexpected) {
        const isFair = exchange.begun >= fairFrom;
        const cause = isFair ? explainer.slowness(plan.id, exchange) : explainer.answer(plan.id, exchange);
        if (cause !== undefined) explained[cause] = (explained[cause] ?? 0) + 1;
        else {
          const { status, complete, bytes: came, error = '' } = exchange;
          const what = `${status} ${error} instead of ${plan.expected.status}${complete ? '' : ', cut'}, after ${came} bytes`;
          find(findingOf(plan, exchange, `${what}; the log shows ${toldOf(plan)}`));
        }
      }
      for (const { line, at } of severe) {
        if (line['severity'] === 'ERROR' && explainer.line(line, at) !== undefined) continue;
        const { requestId } = toldIn(line);
        find({ plan: -1, kind: 'log', path: '', requestId, found: JSON.stringify(line) });
      }
      const healed = [...expectedIds].filter(isStruck).length;
      return { requests, bytes, byKind, explained, healed, errorLines: severe.length, findings };
    },
  };
}

/** The trace ID is in Cloud Logging's field if the project is known, otherwise in `trace`. */
function planOfTrace(line: LogLine): number | undefined {
  const trace = text(line['logging.googleapis.com/trace']) ?? text(line['trace']);
  const plan = Number.parseInt(trace?.slice(-TRACE_DIGITS) ?? '', 16);
  return Number.isNaN(plan) ? undefined : plan;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const findingOf = ({ id, kind, path }: Plan, { requestId }: Exchange, found: string): Finding => ({
  plan: id,
  kind,
  path,
  requestId,
  found,
});
