// Rows of the fault table for problems between the bridge and S3.
import { upstreamUnavailable } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

export const S3_FAULTS = {
  s3_credentials_rejected: upstreamUnavailable(
    "The storage service did not accept the bridge's credentials. Try again shortly.",
    "S3 rejected the credentials even after they were renewed; this log line contains S3's error code. Check the bridge's clock, and whether the role was changed.",
  ),
  s3_unreachable: upstreamUnavailable(
    'The storage service could not be reached. Try again shortly.',
    "S3 is unreachable: check egress, DNS, and the bucket's endpoint and region.",
  ),
  s3_timeout: upstreamUnavailable(
    'The storage service did not respond in time. Try again shortly.',
    "S3 sent no response within `limits.stall`. If this persists, check egress and the bucket's endpoint.",
  ),
  s3_invalid_response: upstreamUnavailable(
    'The storage service sent a response that is not valid HTTP. Try again shortly.',
    "Check that AWS_ENDPOINT_URL_S3, or the bucket's `endpoint`, is the URL of an S3 server.",
  ),
  checksum_mismatch: {
    status: 502,
    s3Code: 'BadGateway',
    outcome: 'upstream_failed',
    sentence: 'The data received does not match its checksum.',
    fix: "The data received differs from the data uploaded, so the bridge closed the response early. Read the object again. If the error recurs, something between the bridge and the bucket's endpoint changes the data, or the object was uploaded with a wrong checksum.",
  },
  object_changed: {
    status: 502,
    s3Code: 'BadGateway',
    outcome: 'upstream_failed',
    sentence: 'The object was overwritten during the download.',
    fix: 'No action needed: the object was overwritten before the bridge had requested all of its bytes, so the bridge closed the response early. The caller must read the object again.',
  },
  s3_redirect_failed: {
    status: 502,
    s3Code: 'BadGateway',
    outcome: 'upstream_failed',
    sentence:
      "The storage service redirected the bridge, but the bridge could not determine the bucket's region.",
    fix: "Set the bucket's `region` in the configuration. If S3 returned the region, this log line contains it; otherwise, `aws s3api head-bucket` shows it.",
  },
} as const satisfies Record<string, FaultRow>;
