// The faults that an upstream may have, with their descriptions in the documentation.

/** The faults in the order of the documentation. Each text is a clause about the upstream or its response. */
export const UPSTREAM_FAULTS = {
  refused: 'the upstream refuses connections',
  'no-name': "the upstream's host name does not resolve",
  unanswered: 'the connection times out (DNS hangs, or a firewall drops packets)',
  'other-name': 'the TLS certificate is for another host name',
  expired: 'the TLS certificate has expired',
  'self-signed': 'the TLS certificate is from an unknown authority',
  reset: 'the upstream resets the connection after the request',
  hang: 'the upstream accepts the request but never responds',
  'hang-midway': 'the response stalls mid-body',
  'reset-midway': 'the upstream resets the connection mid-body',
  drip: 'the response arrives very slowly (two pieces per second)',
  garbage: 'the response is not HTTP',
  page: 'the response is a web page (captive portal)',
  short: 'the Content-Length is too small',
  long: 'the Content-Length is too large',
  refuses: 'the upstream denies the request (4xx)',
  'knows-nothing': 'the upstream reports that the resource does not exist (4xx)',
  throttles: 'the upstream throttles the request',
  fails: 'the upstream fails (5xx)',
} as const;

export type UpstreamFault = keyof typeof UPSTREAM_FAULTS;

/** Faults that begin before the bridge can send a request. */
export const BEFORE_REQUESTS: ReadonlySet<UpstreamFault> = new Set([
  'refused',
  'no-name',
  'unanswered',
  'other-name',
  'expired',
  'self-signed',
]);

/** Faults that make a caller wait until a timeout. */
export const WAITING: readonly UpstreamFault[] = ['hang', 'hang-midway', 'drip', 'unanswered'];

/** The only timeout fault that is also tested at the hops of `then`. */
export const WAITED_FOR_AT_HOPS: UpstreamFault = 'hang';
