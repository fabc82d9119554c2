// Compares this machine's clock with Google's and AWS's, by the Date of their answers.
import type { Compared, Examination } from './step-report.ts';
import { fetchQuickly } from './egress.ts';

/** More than a Date is rounded by and a slow answer takes; less than anything here is refused for. */
const DOUBTFUL_MS = 30_000;
/** From here on the bridge refuses callers' fresh tokens as not yet valid (`src/auth/verify-token.ts`). */
const WRONG_BEHIND_MS = 60_000;
/** Most of AWS takes no signature that is off by more (IAM user guide, "AWS Signature Version 4"); S3 is content with 15 minutes. */
const WRONG_AHEAD_MS = 5 * 60_000;

export interface OtherClock {
  readonly owner: 'Google' | 'AWS';
  readonly url: string;
  /** Milliseconds that it is ahead of ours; undefined where it did not say. */
  readonly aheadMs: number | undefined;
}

/** @param url of anything that no cache answers for, found or not: Google's key set is held for hours, with the Date of its making */
export async function readClock(owner: OtherClock['owner'], url: string): Promise<OtherClock> {
  const asked = Date.now();
  try {
    const answer = await fetchQuickly(url);
    await answer.body?.cancel();
    const date = answer.headers.has('age') ? NaN : Date.parse(answer.headers.get('date') ?? '');
    // A Date has whole seconds, and belongs to the middle of the exchange.
    const aheadMs = Number.isNaN(date) ? undefined : date + 500 - (asked + Date.now()) / 2;
    return { owner, url, aheadMs };
  } catch {
    return { owner, url, aheadMs: undefined };
  }
}

const STEP = 'clock';

export function judgeClock(clocks: readonly OtherClock[]): Examination {
  const known = clocks.flatMap(({ aheadMs, ...clock }) =>
    aheadMs === undefined ? [] : [{ ...clock, aheadMs }],
  );
  const silent = clocks.filter(({ aheadMs }) => aheadMs === undefined).map(({ owner }) => owner);
  const byOffset = known.toSorted((a, b) => Math.abs(a.aheadMs) - Math.abs(b.aheadMs));
  const [nearest, farthest] = [byOffset.at(0), byOffset.at(-1)];
  if (nearest === undefined || farthest === undefined)
    return { step: STEP, outcome: 'unknown', found: 'neither Google nor AWS tells the time' };
  const owners = known.map(({ owner }) => `${owner}'s`).join(' and ');
  const unasked = silent.map((owner) => `; ${owner}'s is not known`).join('');
  const compared: Compared = Object.fromEntries(
    known.map(({ owner, aheadMs }) => [`seconds that ${owner}'s is ahead`, Math.round(aheadMs / 1000)]),
  );
  const outcome = outcomeOf(farthest.aheadMs);
  if (outcome === 'fine') return { step: STEP, outcome, found: `agrees with ${owners}${unasked}`, compared };
  const differing = farthest.aheadMs - nearest.aheadMs;
  if (Math.abs(differing) >= DOUBTFUL_MS) {
    return {
      step: STEP,
      outcome,
      compared,
      found: `${farthest.owner}'s is ${difference(differing)} ${nearest.owner}'s`,
      fix: `Those two agree in the field: what answers at ${farthest.url} is not ${farthest.owner}, or a proxy between tells its own time.`,
    };
  }
  return {
    step: STEP,
    outcome,
    compared,
    found: `this machine's is ${difference(-farthest.aheadMs)} ${owners}${unasked}`,
    fix: FIX,
  };
}

const FIX =
  "Set this machine's clock (on Google Cloud from metadata.google.internal by NTP, as chrony does there): behind by a minute the bridge takes no fresh token of a caller, and off by 15 S3 takes no signature.";

function outcomeOf(aheadMs: number): Examination['outcome'] {
  if (Math.abs(aheadMs) < DOUBTFUL_MS) return 'fine';
  return aheadMs >= WRONG_BEHIND_MS || aheadMs <= -WRONG_AHEAD_MS ? 'wrong' : 'doubtful';
}

const difference = (milliseconds: number): string =>
  `${Math.round(Math.abs(milliseconds) / 1000)} s ${milliseconds > 0 ? 'ahead of' : 'behind'}`;
