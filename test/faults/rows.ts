// The fault table: what a caller gets for each upstream and each fault. Tests check every row, and `docs/operate/faults.md` is
// generated from the table.
import type { FaultCode } from '../../src/errors/table.ts';
import type { PlaceName } from './places.ts';
import type { UpstreamFault } from './upstream-faults.ts';

/** Faults in the bridge's clock. The table has a row for each combination of such a fault and an upstream. */
export const CLOCK_FAULTS = {
  'clock-ahead': "the bridge's clock is two hours ahead",
  'clock-behind': "the bridge's clock is two hours behind",
} as const;

export type ClockFault = keyof typeof CLOCK_FAULTS;

/** S3's own response, which the bridge forwards to the caller. */
export interface S3Said {
  readonly s3Code: string;
  readonly status: number;
  readonly error: string;
}

export type Outcome =
  | FaultCode
  | S3Said
  /** The caller gets the object, as without a fault. */
  | 'served'
  /** Status 200, and the connection closes before the end of the body. */
  | 'cut'
  /** Status 200 with a wrong body that looks complete, so that the bridge cannot detect the fault. */
  | 'believed'
  | { readonly never: string };

const PLAIN_HTTP: Outcome = { never: 'the metadata server uses plain HTTP, on a link-local address' };

type Row = Readonly<Record<UpstreamFault | ClockFault, Outcome>>;

const STS: Row = {
  refused: 'sts_unreachable',
  'no-name': 'sts_unreachable',
  unanswered: 'sts_timeout',
  'other-name': 'sts_unreachable',
  expired: 'sts_unreachable',
  'self-signed': 'sts_unreachable',
  reset: 'sts_unreachable',
  hang: 'sts_timeout',
  'hang-midway': 'sts_timeout',
  'reset-midway': 'sts_failed',
  drip: 'sts_timeout',
  garbage: 'sts_failed',
  page: 'sts_failed',
  short: 'sts_failed',
  long: 'sts_failed',
  refuses: 'sts_denied',
  'knows-nothing': 'sts_request_invalid',
  throttles: 'sts_throttled',
  fails: 'sts_failed',
  'clock-ahead': 'served',
  'clock-behind': 'served',
};

const HOP: Row = { ...STS, refuses: 'sts_hop_denied' };

export const ROWS: Readonly<Record<PlaceName, Row>> = {
  certs: {
    refused: 'signing_keys_unavailable',
    'no-name': 'signing_keys_unavailable',
    unanswered: 'signing_keys_unavailable',
    'other-name': 'signing_keys_unavailable',
    expired: 'signing_keys_unavailable',
    'self-signed': 'signing_keys_unavailable',
    reset: 'signing_keys_unavailable',
    hang: 'signing_keys_unavailable',
    'hang-midway': 'signing_keys_unavailable',
    'reset-midway': 'signing_keys_unavailable',
    drip: 'signing_keys_unavailable',
    garbage: 'signing_keys_unavailable',
    page: 'signing_keys_unavailable',
    short: 'signing_keys_unavailable',
    long: 'signing_keys_unavailable',
    refuses: 'signing_keys_unavailable',
    'knows-nothing': 'signing_keys_unavailable',
    throttles: 'signing_keys_unavailable',
    fails: 'signing_keys_unavailable',
    'clock-ahead': 'token_expired',
    'clock-behind': 'token_not_yet_valid',
  },
  metadata: {
    refused: 'metadata_unreachable',
    'no-name': 'metadata_unreachable',
    unanswered: 'metadata_timeout',
    'other-name': PLAIN_HTTP,
    expired: PLAIN_HTTP,
    'self-signed': PLAIN_HTTP,
    reset: 'metadata_unreachable',
    hang: 'metadata_timeout',
    'hang-midway': 'metadata_timeout',
    'reset-midway': 'metadata_unreachable',
    drip: 'metadata_timeout',
    garbage: 'metadata_invalid_response',
    page: 'metadata_invalid_response',
    short: 'metadata_invalid_response',
    long: 'metadata_unreachable',
    refuses: 'metadata_refused',
    'knows-nothing': 'metadata_no_account',
    throttles: 'metadata_refused',
    fails: 'metadata_refused',
    'clock-ahead': 'served',
    'clock-behind': 'served',
  },
  sts: STS,
  hop1: HOP,
  hop2: HOP,
  s3: {
    refused: 's3_unreachable',
    'no-name': 's3_unreachable',
    unanswered: 's3_timeout',
    'other-name': 's3_unreachable',
    expired: 's3_unreachable',
    'self-signed': 's3_unreachable',
    reset: 's3_unreachable',
    hang: 's3_timeout',
    'hang-midway': 'cut',
    'reset-midway': 'cut',
    drip: 'served',
    garbage: 's3_invalid_response',
    page: 'believed',
    short: 'believed',
    long: 'cut',
    refuses: { status: 403, s3Code: 'AccessDenied', error: 'upstream_denied' },
    'knows-nothing': { status: 404, s3Code: 'NoSuchBucket', error: 'not_found' },
    throttles: { status: 503, s3Code: 'SlowDown', error: 'upstream_failed' },
    fails: { status: 500, s3Code: 'InternalError', error: 'upstream_failed' },
    'clock-ahead': 'served',
    'clock-behind': 'served',
  },
};
