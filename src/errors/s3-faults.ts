// What goes wrong between the bridge and S3: rows of the table of faults.
import { upstreamUnavailable } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

export const S3_FAULTS = {
  s3_credentials_rejected: upstreamUnavailable(
    'The storage did not accept the bridge’s credentials. Try again shortly.',
    'S3 refused our credentials even after a renewal: its code is in this line. Check the clock, and whether the role was changed.',
  ),
  s3_unreachable: upstreamUnavailable(
    'The storage could not be reached. Try again shortly.',
    "S3 is out of reach: check egress and DNS, the bucket's endpoint and region.",
  ),
  s3_timeout: upstreamUnavailable(
    'The storage did not answer in time. Try again shortly.',
    'S3 did not begin to answer within limits.stall.',
  ),
  s3_invalid_response: upstreamUnavailable(
    'The storage sent an answer that is not valid HTTP. Try again shortly.',
    'Is AWS_ENDPOINT_URL_S3, or the bucket’s endpoint, an S3 server?',
  ),
  checksum_mismatch: {
    status: 502,
    s3Code: 'BadGateway',
    outcome: 'upstream_failed',
    sentence: 'What the storage sent does not have the checksum that it says.',
    fix: "The bytes that came are not those that were put: the caller saw its connection cut before the end. Read it again; if it repeats, what the bucket's endpoint leads through changes bytes, or the object was put with a wrong checksum.",
  },
  object_changed: {
    status: 502,
    s3Code: 'BadGateway',
    outcome: 'upstream_failed',
    sentence: 'The object was written anew while it was read.',
    fix: 'Nothing here: S3 broke the body off, and its rest was no more to be had, as the object had been replaced meanwhile. The caller saw its connection cut, and has to read it again.',
  },
  s3_redirect_failed: {
    status: 502,
    s3Code: 'BadGateway',
    outcome: 'upstream_failed',
    sentence: 'The storage redirected the bridge, and following did not help.',
    fix: "Find the bucket's region (aws s3api head-bucket) and set its `region` in the configuration; if S3 named one, it is in this line.",
  },
} as const satisfies Record<string, FaultRow>;
