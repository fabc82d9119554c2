// The fault table: for each code, the message for the caller and the fix for the operator.
import { STS_INTERNAL, STS_THROTTLING } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';
import { CALLER_FAULTS } from './caller-faults.ts';
import { CONSOLE_FAULTS } from './console-faults.ts';
import { FEDERATION_FAULTS } from './federation-faults.ts';
import { IDENTITY_FAULTS } from './bridge-identity-faults.ts';
import { PROXY_FAULTS } from './proxy-faults.ts';
import { S3_FAULTS } from './s3-faults.ts';
import { STS_ROUTE_FAULTS } from './sts-route-faults.ts';
import { TOKEN_FAULTS } from './token-faults.ts';
import { VENDING_FAULTS } from './vending-faults.ts';

export const FAULTS = {
  ...CALLER_FAULTS,
  ...TOKEN_FAULTS,
  ...STS_ROUTE_FAULTS,
  ...VENDING_FAULTS,
  ...IDENTITY_FAULTS,
  ...FEDERATION_FAULTS,
  ...S3_FAULTS,
  ...PROXY_FAULTS,
  ...CONSOLE_FAULTS,

  // Problems in the bridge itself.
  overloaded: {
    status: 503,
    s3Code: 'SlowDown',
    outcome: 'overloaded',
    sentence: 'The bridge is serving as many requests as its limits allow. Slow down and try again.',
    fix: '`limit` in this log line names the limit. If the limit is inFlight or perCaller, add instances, or raise limits.inFlight or limits.perCaller. All other limits are fixed: add instances, or have callers send fewer concurrent requests.',
    retryAfterSeconds: 1,
    toStsClient: STS_THROTTLING,
  },
  event_loop_lagging: {
    status: 503,
    s3Code: 'SlowDown',
    outcome: 'overloaded',
    sentence: 'The bridge is overloaded. Slow down and try again.',
    fix: 'The event loop is lagging: add CPU or instances, or lower the limits. Higher limits make the lag worse.',
    retryAfterSeconds: 1,
  },
  internal: {
    status: 500,
    s3Code: 'InternalError',
    outcome: 'internal',
    sentence: "The bridge failed. The bridge's operator can find the reason with this request ID.",
    fix: 'This is a bug in the bridge: report it, and include this log line.',
    toStsClient: STS_INTERNAL,
  },
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;
