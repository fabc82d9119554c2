// Chooses the S3 fault for a scheduled request. The seed determines which requests have a fault.
import type { Random } from '../support/random.ts';

export type Strike =
  | { readonly how: 'reset' | 'hang' | 'nonsense' }
  | { readonly how: 'refusal'; readonly status: 500 | 503; readonly code: string }
  /** An HTML error page, as from a proxy in front of S3. */
  | { readonly how: 'gateway' }
  | { readonly how: 'delay'; readonly milliseconds: number }
  /** After this share of the body, the connection is closed, is reset, or stalls. */
  | { readonly how: 'cut' | 'cut-by-reset' | 'stall'; readonly share: number }
  /** The whole body is sent slowly, over this many seconds. */
  | { readonly how: 'drip'; readonly seconds: number };

export interface PlannedStrike {
  readonly strike: Strike;
  /** The number of attempts that fail for one caller request; a later retry may succeed. */
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
