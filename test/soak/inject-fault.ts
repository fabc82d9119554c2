// What S3 does to one request of the schedule, drawn with it: so that a seed strikes the same requests each time.
import type { Random } from '../support/random.ts';

export type Strike =
  | { readonly how: 'reset' | 'hang' | 'nonsense' }
  | { readonly how: 'refusal'; readonly status: 500 | 503; readonly code: string }
  /** A proxy before S3 that fails in its own words. */
  | { readonly how: 'gateway' }
  | { readonly how: 'delay'; readonly milliseconds: number }
  /** Of the body: so much of it, then the end of the connection, a reset, or nothing more. */
  | { readonly how: 'cut' | 'cut-by-reset' | 'stall'; readonly share: number }
  /** The whole body, evenly over so long. */
  | { readonly how: 'drip'; readonly seconds: number };

export interface PlannedStrike {
  readonly strike: Strike;
  /** How many of the bridge's requests for this one of a caller's it strikes: what is tried again may be healed. */
  readonly times: number;
}

export type StrikeName = Strike['how'];

const WEIGHTS = {
  reset: 3,
  hang: 0.4,
  nonsense: 1,
  refusal: 4,
  gateway: 1,
  delay: 3,
  cut: 4,
  'cut-by-reset': 3,
  stall: 0.5,
  drip: 1.5,
} as const satisfies Record<StrikeName, number>;

const SHARE_STRUCK = 0.12;

export function drawStrike(random: Random): PlannedStrike | undefined {
  if (!random.chance(SHARE_STRUCK)) return undefined;
  const how = random.weighted(WEIGHTS);
  const times = random.pick([1, 1, 1, 2, 5]);
  return { strike: strikeOf(how, random), times };
}

function strikeOf(how: StrikeName, random: Random): Strike {
  switch (how) {
    case 'refusal':
      return random.chance(0.6)
        ? { how, status: 503, code: 'SlowDown' }
        : { how, status: 500, code: 'InternalError' };
    case 'delay':
      return { how, milliseconds: random.between(20, 600) };
    case 'cut':
    case 'cut-by-reset':
    case 'stall':
      return { how, share: random.next() };
    case 'drip':
      return { how, seconds: random.between(1, 30) / 10 };
    default:
      return { how };
  }
}
