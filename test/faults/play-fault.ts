// Tests one fault for each upstream in turn, both before and after the bridge becomes ready.
import assert from 'node:assert/strict';
import { asAccount } from '../support/sessions-at-sts.ts';
import { until } from '../support/until.ts';
import { applies, faultOf } from './expected.ts';
import { PLACE_NAMES, PLACES } from './places.ts';
import type { PlaceName } from './places.ts';
import { assertServed, play } from './play.ts';
import { ROWS } from './rows.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { WAITED_FOR_AT_HOPS, WAITING } from './upstream-faults.ts';
import type { UpstreamFault } from './upstream-faults.ts';
import { see } from './observation.ts';

/** At startup, more requests are allowed, because the bridge also probes its roles and detects its platform. */
const ASKS_AT_START = 4;

const isHop = (place: PlaceName): boolean => 'after' in PLACES[place];

/** All STS calls have the same timeouts, so for the hops of `then`, it is enough to test one fault that causes a timeout. */
const placesOf = (fault: UpstreamFault): PlaceName[] =>
  PLACE_NAMES.filter((place) => applies(ROWS[place][fault])).filter(
    (place) => !isHop(place) || !WAITING.includes(fault) || fault === WAITED_FOR_AT_HOPS,
  );

/** @param stage a test setup in which the fault affects all upstreams and the first STS call */
export async function playFromTheStart({ fault, stage }: Struck): Promise<void> {
  const { wire } = stage;
  const places = placesOf(fault);
  for (const [i, place] of places.entries()) {
    const headers = asAccount(wire, i);
    if (places[i - 1] === 'certs') {
      const gone = async () => (await see(wire, headers)).line['fault'] !== faultOf(ROWS.certs[fault]);
      await until('the keys are requested again', gone);
    }
    const ready = place === 's3' ? 200 : 503;
    const asks = PLACES[place].asks * ASKS_AT_START;
    await play({ stage, place, fault, headers, ready, asks });
    const next = places[i + 1];
    if (next !== undefined && isHop(next)) await stage.strike(next, fault);
    else await stage.lift(place);
    // This request makes the bridge ready. Without the request, the test would wait up to 30 seconds until the bridge probes
    // its roles again.
    if (next === 's3') await see(wire, headers);
  }
  for (const i of places.keys()) await assertServed(wire, asAccount(wire, i));
  assert.equal((await wire.get('/-/ready')).status, 200);
}

export async function playWhileItServes({ fault, stage }: Struck): Promise<void> {
  const { wire } = stage;
  const known = asAccount(wire, 100);
  await assertServed(wire, known);
  for (const [i, place] of placesOf(fault).entries()) {
    if (place === 'certs') await wire.control('POST', '/keys', { action: 'rotate' });
    const headers = asAccount(wire, 10 + i);
    await stage.strike(place, fault);
    await play({ stage, place, fault, headers, ready: 200, asks: PLACES[place].asks });
    // Callers with a cached token and session need only S3.
    if (place !== 's3') assert.equal((await see(wire, known)).answer.body, 'whole');
    await stage.lift(place);
    await assertServed(wire, headers);
  }
}

interface Struck {
  readonly fault: UpstreamFault;
  readonly stage: Stage;
}

/** Starts a test setup in which the fault affects all upstreams, but not the hops of `then`. */
export const struckAtStart = (fault: UpstreamFault): Promise<Stage> =>
  startStage({
    struck: placesOf(fault)
      .filter((place) => !isHop(place))
      .map((place) => [place, fault] as const),
  });

/**
 * Runs tasks in sequence, because starting many bridges at the same time is slow. @returns a function that runs one task
 * after the other
 */
export function inTurn(): <Value>(task: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task, task);
    last = next;
    return next;
  };
}
