// The ways in which a supplier can fail, as the page names them, and what strikes before there is a connection.

/** In the order of the page. */
export const SUPPLIER_FAULTS = {
  refused: 'refuses connections',
  'no-name': 'its name does not resolve (DNS)',
  unanswered: 'nobody answers the connection (DNS that hangs, a firewall that drops)',
  'other-name': 'TLS certificate of another name',
  expired: 'TLS certificate has expired',
  'self-signed': 'TLS certificate by nobody known',
  reset: 'resets the connection when asked',
  hang: 'accepts, and never answers',
  'hang-midway': 'stops amid the body',
  'reset-midway': 'resets amid the body',
  drip: 'drips: two pieces a second',
  garbage: 'answers what is not HTTP',
  page: 'answers a web page (captive portal)',
  short: 'promises less than it sends (Content-Length)',
  long: 'promises more than it sends (Content-Length)',
  refuses: 'refuses (4xx)',
  'knows-nothing': 'knows nothing of it (4xx)',
  throttles: 'throttles',
  fails: 'fails by itself (5xx)',
} as const;

export type SupplierFault = keyof typeof SUPPLIER_FAULTS;

/** There is no request that these could strike. */
export const BEFORE_REQUESTS: ReadonlySet<SupplierFault> = new Set([
  'refused',
  'no-name',
  'unanswered',
  'other-name',
  'expired',
  'self-signed',
]);

/** Of these a caller waits until a limit is over. */
export const WAITING: readonly SupplierFault[] = ['hang', 'hang-midway', 'drip', 'unanswered'];

/** The one of these that is played at the further hops of a chain too. */
export const WAITED_FOR_AT_HOPS: SupplierFault = 'hang';
