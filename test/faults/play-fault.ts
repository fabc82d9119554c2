// Plays all rows of one fault: at each supplier in turn, from the start of the bridge on, and while it serves.
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
import { WAITED_FOR_AT_HOPS, WAITING } from './supplier-fault.ts';
import type { SupplierFault } from './supplier-fault.ts';
import { see } from './what-is-seen.ts';

/** Probes of roles ask beside callers, and where we run is asked as well. */
const ASKS_AT_START = 4;

const isHop = (place: PlaceName): boolean => 'after' in PLACES[place];

/** Hops wait by the same code as the first call, and for as long: one such fault shows it. */
const placesOf = (fault: SupplierFault): PlaceName[] =>
  PLACE_NAMES.filter((place) => applies(ROWS[place][fault])).filter(
    (place) => !isHop(place) || !WAITING.includes(fault) || fault === WAITED_FOR_AT_HOPS,
  );

/** @param stage of which all places are struck by the fault, but further hops */
export async function playFromTheStart({ fault, stage }: Struck): Promise<void> {
  const { wire } = stage;
  const places = placesOf(fault);
  for (const [i, place] of places.entries()) {
    const headers = asAccount(wire, i);
    if (places[i - 1] === 'certs') {
      const gone = async () => (await see(wire, headers)).line['fault'] !== faultOf(ROWS.certs[fault]);
      await until('keys are asked for again', gone);
    }
    const ready = place === 's3' ? 200 : 503;
    const asks = PLACES[place].asks * ASKS_AT_START;
    await play({ stage, place, fault, headers, ready, asks });
    const next = places[i + 1];
    if (next !== undefined && isHop(next)) await stage.strike(next, fault);
    else await stage.lift(place);
    // Which makes it ready; by itself it would ask again within half a minute.
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
    // Whose token and session are known needs S3 alone.
    if (place !== 's3') assert.equal((await see(wire, known)).answer.body, 'whole');
    await stage.lift(place);
    await assertServed(wire, headers);
  }
}

interface Struck {
  readonly fault: SupplierFault;
  readonly stage: Stage;
}

/** One hop at a time: of STS it is the first call at first. */
export const struckAtStart = (fault: SupplierFault): Promise<Stage> =>
  startStage({
    struck: placesOf(fault)
      .filter((place) => !isHop(place))
      .map((place) => [place, fault] as const),
  });

/** Bridges that all start at once are slow to. @returns a function that begins a task when the one before has ended */
export function inTurn(): <Value>(task: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task, task);
    last = next;
    return next;
  };
}
