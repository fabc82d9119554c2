// Plays one row: three requests of a caller at once while a supplier fails, and what is asked of the bridge and of the supplier meanwhile.
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
import type { SupplierFault } from './supplier-fault.ts';
import { see } from './what-is-seen.ts';
import type { Seen } from './what-is-seen.ts';

/** Beyond the limit: a slow machine takes less, a request that hangs takes more. */
const MARGIN_SECONDS = 60;
export const REQUESTS_AT_ONCE = 3;
/** Within which a caller is served again, as the table says; slow machines may take longer. */
export const RECOVERY_SECONDS = 10;

const BY_CERTIFICATE: ReadonlySet<string> = new Set(['other-name', 'expired', 'self-signed']);

export interface Played {
  readonly stage: Stage;
  readonly place: PlaceName;
  readonly fault: SupplierFault | ClockFault;
  readonly headers: Record<string, string>;
  /** The status of `/-/ready` meanwhile. */
  readonly ready: 200 | 503;
  /** How often the supplier may be asked. */
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
  for (const { seconds } of all) assert.ok(seconds < limit + MARGIN_SECONDS, `answered after ${seconds} s`);
  assert.equal(live.status, 200);
  assert.equal(isReady.status, ready, 'ready');
  const asked = await count();
  assert.ok(asked <= asks, `asked ${asked} times, and ${asks} are enough`);
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
