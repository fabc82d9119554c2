// What a connection brings that is no request: rows of the table of faults.
import { invalid } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

export const CONNECTION_FAULTS = {
  request_malformed: invalid(
    'BadRequest',
    'What came is not an HTTP/1.1 request.',
    'Nothing here, unless it repeats: `cause` says what came. Something speaks another protocol to this port (TLS, HTTP/2), or scans it.',
  ),
  request_headers_too_large: {
    ...invalid(
      'RequestHeaderSectionTooLarge',
      'The request line and headers are longer than 16 KiB.',
      'Nothing here: the caller sends large headers, cookies most often, that the bridge has no use for.',
    ),
    status: 431,
  },
  request_too_slow: {
    ...invalid(
      'RequestTimeout',
      'The request did not arrive in time.',
      'Nothing here, unless it repeats: a caller whose network stalls, or somebody who holds connections open.',
    ),
    status: 408,
  },
  host_missing: invalid('BadRequest', 'HTTP/1.1 demands a Host header.'),
} as const satisfies Record<string, FaultRow>;
