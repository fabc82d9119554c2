// Compares this machine's clock with the bridge's clock, with which the bridge checks whether a token has expired.
import type { Examination } from '../../doctor/step-report.ts';
import type { BridgeReply } from './call-bridge.ts';

/** The clock difference that the bridge tolerates (`src/auth/verify-token.ts`). */
const TOLERATED_SECONDS = 60;

/** @param sentAt when the request was sent, in milliseconds since 1970 */
export function judgeClock({ headers }: BridgeReply, sentAt: number): Examination {
  const date = Date.parse(headers.date ?? '');
  const step = 'clock';
  if (Number.isNaN(date)) return { step, outcome: 'unknown', found: 'the response has no Date header' };
  // Compares the response's Date header with this machine's time halfway between request and response. Adds half a second,
  // because the header is truncated to whole seconds.
  const aheadSeconds = Math.round((date + 500 - (sentAt + Date.now()) / 2) / 1000);
  const compared = { "bridge's clock ahead, in seconds": aheadSeconds };
  if (Math.abs(aheadSeconds) <= TOLERATED_SECONDS)
    return { step, outcome: 'fine', found: "agrees with the bridge's", compared };
  const relation = aheadSeconds > 0 ? 'behind' : 'ahead of';
  return {
    step,
    outcome: 'doubtful',
    found: `this machine's clock is ${Math.abs(aheadSeconds)} s ${relation} the bridge's`,
    compared,
    fix: "Correct this machine's clock, so that clients renew their tokens in time. If the clock is right, tell the operator of the bridge.",
  };
}
