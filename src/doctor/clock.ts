// Compares this machine's clock with Google's and AWS's, using the Date header of their responses.
import type { Compared, Examination } from './step-report.ts';
import { fetchQuickly } from './egress.ts';

/**
 * The smallest clock difference to report. A smaller difference may result from a rounded Date header or a slow response, and
 * does not cause rejected requests.
 */
const DOUBTFUL_MS = 30_000;
/**
 * The difference from which the outcome is `wrong` if this machine's clock is behind. The bridge then rejects callers' fresh
 * tokens as not yet valid (`src/auth/verify-token.ts`).
 */
const WRONG_BEHIND_MS = 60_000;
/**
 * The difference from which the outcome is `wrong` if this machine's clock is ahead: the largest that most AWS services
 * tolerate in a signature (IAM user guide, "AWS Signature Version 4"). S3 tolerates 15 minutes.
 */
const WRONG_AHEAD_MS = 5 * 60_000;

export interface OtherClock {
  readonly owner: 'Google' | 'AWS';
  readonly url: string;
  /**
   * The number of milliseconds by which the other clock is ahead of this machine's clock; undefined if no response with a
   * usable Date header was received.
   */
  readonly aheadMs: number | undefined;
}

/**
 * @param url a URL whose responses are never cached; a 404 response is fine. Google's key set is not suitable, because it is
 * cached for hours with its original Date header.
 */
export async function readClock(owner: OtherClock['owner'], url: string): Promise<OtherClock> {
  const sentAt = Date.now();
  try {
    const response = await fetchQuickly(url);
    await response.body?.cancel();
    const date = response.headers.has('age') ? NaN : Date.parse(response.headers.get('date') ?? '');
    // Compares the response's Date header with this machine's time halfway between request and response. Adds half a second,
    // because the header is truncated to whole seconds.
    const aheadMs = Number.isNaN(date) ? undefined : date + 500 - (sentAt + Date.now()) / 2;
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
    return { step: STEP, outcome: 'unknown', found: 'neither Google nor AWS sent a usable Date header' };
  const owners = known.map(({ owner }) => `${owner}'s`).join(' and ');
  const unknown = silent.map((owner) => `; ${owner}'s clock is unknown`).join('');
  const compared: Compared = Object.fromEntries(
    known.map(({ owner, aheadMs }) => [`${owner}'s clock ahead, in seconds`, Math.round(aheadMs / 1000)]),
  );
  const outcome = outcomeOf(farthest.aheadMs);
  if (outcome === 'fine') return { step: STEP, outcome, found: `agrees with ${owners}${unknown}`, compared };
  const differing = farthest.aheadMs - nearest.aheadMs;
  if (Math.abs(differing) >= DOUBTFUL_MS) {
    return {
      step: STEP,
      outcome,
      compared,
      found: `${farthest.owner}'s clock is ${difference(differing)} ${nearest.owner}'s`,
      fix: `Google's and AWS's clocks normally agree. Check whether the server at ${farthest.url} belongs to ${farthest.owner}, and whether a proxy in between changes the Date header.`,
    };
  }
  return {
    step: STEP,
    outcome,
    compared,
    found: `this machine's clock is ${difference(-farthest.aheadMs)} ${owners}${unknown}`,
    fix: FIX,
  };
}

const FIX =
  "Correct this machine's clock (on Google Cloud, use NTP from metadata.google.internal, for example with chrony). If the clock is a minute or more behind, the bridge rejects callers' fresh tokens; if the clock is wrong by 15 minutes or more, S3 rejects every signature.";

function outcomeOf(aheadMs: number): Examination['outcome'] {
  if (Math.abs(aheadMs) < DOUBTFUL_MS) return 'fine';
  return aheadMs >= WRONG_BEHIND_MS || aheadMs <= -WRONG_AHEAD_MS ? 'wrong' : 'doubtful';
}

const difference = (milliseconds: number): string =>
  `${Math.round(Math.abs(milliseconds) / 1000)} s ${milliseconds > 0 ? 'ahead of' : 'behind'}`;
