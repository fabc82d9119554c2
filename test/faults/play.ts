// Tests one row of the fault table: sends three concurrent requests while an upstream fails, and checks the responses, the log
// and the upstream's requests.
import assert from 'node:assert/strict';
import { FAULTS } from '../../src/errors/table.ts';
import { until } from '../support/until.ts';
import type { Wire } from '../support/wire.ts';
import { answerOf, faultOf } from './expected.ts';
import { PLACES } from './places.ts';
import type { PlaceName } from './places.ts';
import { ROWS } from './rows.ts';
import type { ClockFault, Outcome } from './rows.ts';
import type { Stage } from './stage.ts';
import type { UpstreamFault } from './upstream-faults.ts';
import { see } from './observation.ts';
import type { Seen } from './observation.ts';

/** Added to the documented time limit, so that only a request that hangs exceeds the limit, even on a slow machine. */
const MARGIN_SECONDS = 60;
export const REQUESTS_AT_ONCE = 3;
/** The documented recovery time; on a slow machine, recovery may take longer. */
export const RECOVERY_SECONDS = 10;

const BY_CERTIFICATE: ReadonlySet<string> = new Set(['other-name', 'expired', 'self-signed']);

export interface Played {
  readonly stage: Stage;
  readonly place: PlaceName;
  readonly fault: UpstreamFault | ClockFault;
  readonly headers: Record<string, string>;
  /** The expected status of `/-/ready` during the fault. */
  readonly ready: 200 | 503;
  /** The maximum number of upstream requests during the fault. */
  readonly asks: number;
}

export async function play({ stage, place, fault, headers, ready, asks }: Played): Promise<void> {
  const { wire } = stage;
  const outcome = ROWS[place][fault];
  const count = await stage.counter(place);
  const requests = Array.from({ length: REQUESTS_AT_ONCE }, () => see(wire, headers));
  const [live, isReady, ...all] = await Promise.all([
    wire.get('/-/live'),
    wire.get('/-/ready'),
    ...requests,
  ] as const);
  for (const seen of all) assertAsTheRowSays(seen, outcome);
  for (const { line } of all) {
    const { error } = (line['cause'] ?? {}) as { readonly error?: string };
    if (BY_CERTIFICATE.has(fault)) assert.match(error ?? '', /CERT/);
  }
  const { seconds: limit } = PLACES[place].waits;
  for (const { seconds } of all)
    assert.ok(seconds < limit + MARGIN_SECONDS, `the response took ${seconds} s`);
  assert.equal(live.status, 200);
  assert.equal(isReady.status, ready, '/-/ready');
  const asked = await count();
  assert.ok(asked <= asks, `${asked} requests to the upstream, at most ${asks} expected`);
}

function assertAsTheRowSays({ answer, line }: Seen, outcome: Outcome): void {
  assert.deepEqual(answer, answerOf(outcome), JSON.stringify(line));
  const fault = faultOf(outcome);
  assert.equal(line['fault'], fault);
  if (fault !== undefined) assert.equal(line['remedy'], FAULTS[fault].fix);
  if (outcome === 'cut') assert.equal(line['abortedBy'], 's3');
  if (outcome === 'cut') assert.equal(typeof line['remedy'], 'string');
  if (typeof outcome === 'object' && 's3Code' in outcome) {
    const { code } = line['s3'] as { readonly code: string };
    assert.equal(code, outcome.s3Code);
    assert.equal(typeof line['remedy'], 'string');
  }
  assert.doesNotMatch(JSON.stringify(line), /eyJ[\w-]{10,}\.[\w-]{10,}/);
}

export async function assertServed(wire: Wire, headers: Record<string, string>): Promise<void> {
  const served = async (): Promise<boolean> => (await see(wire, headers)).answer.body === 'whole';
  await until('the caller is served again', served);
}
