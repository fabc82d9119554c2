// Reads the content of objects through a CloudFront distribution, and reads directly from S3 whenever the distribution does not
// return S3's own successful response.
import type { Bucket } from '../../config/types.ts';
import { HttpError } from '../../http1/http-error.ts';
import type { UpstreamResponse } from '../../http1/exchange.ts';
import type { Transport } from '../../http1/transport.ts';
import { untilCancelled } from '../../runtime/cancellation.ts';
import { isCredentialsError } from '../retry/rejected-credentials.ts';
import type { S3Clock } from '../clock-offset.ts';
import { endpointThrough } from '../endpoint.ts';
import type { ObjectRead } from '../operation.ts';
import { isS3Error } from '../read.ts';
import type { Read, ReadOptions, ReadSession } from '../read.ts';
import { asS3Fault, isSuccess, readS3Error } from '../s3-error.ts';
import type { S3Error } from '../s3-error.ts';
import type { Sign, SigningCredentials } from '../signature.ts';
import { signedRequest } from '../signed-request.ts';
import { distributionOutages } from './distribution-outages.ts';
import { mayUseCloudFront } from './eligible-read.ts';
import type { Fallback } from './fallbacks.ts';
import { responseSource } from './response-source.ts';

/** The reasons in the HTTP client's errors if no connection could be opened in time, and if the client has been closed. */
const [CONNECT_TIMEOUT, CLOSED] = ['CONNECT_TIMEOUT', 'CLOSED'];

/**
 * @param direct reads directly from S3, and handles a wrong region or clock, rejected credentials, and denials. Errors therefore
 * always come from S3 itself, so a distribution can neither cause a renewal of credentials nor deny a read
 * @param parts.onFallback called for each read that S3 served directly instead of CloudFront
 */
export function withCloudFront(
  direct: Read,
  parts: {
    readonly transport: Pick<Transport, 'send'>;
    readonly sign: Sign;
    readonly clock: Pick<S3Clock, 'now'>;
    readonly regionOf: (bucket: Bucket) => string;
    readonly onFallback: (bucket: Bucket, fallback: Fallback) => void;
  },
): Read {
  const { transport, sign, clock, regionOf, onFallback } = parts;
  const outages = distributionOutages();

  /**
   * @returns S3's successful response, S3's own failure (5xx), or the reason for reading directly
   * @throws Fault s3_timeout; any Error after a cancellation
   */
  const attempt = async (
    via: string,
    from: { readonly bucket: Bucket; readonly read: ObjectRead; readonly credentials: SigningCredentials },
    readOptions: ReadOptions,
  ): Promise<UpstreamResponse | S3Error | Fallback> => {
    const { bucket } = from;
    const region = regionOf(bucket);
    const endpoint = endpointThrough(via, bucket, region);
    const request = signedRequest(sign, { ...from, region, endpoint, now: clock.now(bucket) }, readOptions);
    let response: UpstreamResponse;
    try {
      response = await transport.send(request.origin, request);
    } catch (error) {
      if (readOptions.cancellation.aborted || !(error instanceof HttpError) || error.reason === CLOSED)
        throw asS3Fault(error);
      const { code, reason } = error;
      if (code === 'invalid_response') return { reason: 'not_s3', detail: { error: reason } };
      outages.began(via);
      // Like a direct read, a read whose response timed out is not repeated. The next read goes directly to S3.
      if (code === 'timeout' && reason !== CONNECT_TIMEOUT) throw asS3Fault(error);
      return { reason: 'unavailable', detail: { error: reason } };
    }
    outages.ended(via);
    return judged(response);
  };

  const readThrough = async <Credentials extends SigningCredentials>(
    via: string,
    from: { readonly bucket: Bucket; readonly read: ObjectRead; readonly session: ReadSession<Credentials> },
    readOptions: ReadOptions,
  ): Promise<UpstreamResponse | S3Error> => {
    const { bucket, read, session } = from;
    const { counters } = readOptions;
    const outcome = outages.mayTry(via)
      ? await attempt(
          via,
          {
            bucket,
            read,
            credentials: await untilCancelled(session.credentials(), readOptions.cancellation),
          },
          readOptions,
        )
      : ({ reason: 'unavailable', detail: {} } as const);
    if (!('reason' in outcome)) {
      if (counters !== undefined) counters.path = isS3Error(outcome) ? undefined : 'cloudfront';
      return outcome;
    }
    if (counters !== undefined) counters.path = undefined;
    const directly = await direct(bucket, read, session, readOptions);
    if (isCausedByPath(outcome, directly)) {
      if (counters !== undefined) counters.cloudFrontFallback = outcome.reason;
      onFallback(bucket, outcome);
    }
    return directly;
  };

  return (bucket, read, session, readOptions) =>
    bucket.via !== undefined && mayUseCloudFront(read, readOptions.amzHeaders)
      ? readThrough(bucket.via, { bucket, read, session }, readOptions)
      : direct(bucket, read, session, readOptions);
}

/**
 * Whether the path through CloudFront caused the fallback. It did not cause a refusal that S3 confirms, or a refusal that
 * concerned only the credentials or the clock.
 */
function isCausedByPath({ reason, detail }: Fallback, directly: UpstreamResponse | S3Error): boolean {
  return reason !== 'refused' || !(isS3Error(directly) || isCredentialsError({ code: detail.s3Code }));
}

/** Returns a successful response unchanged. Otherwise, reads S3's error or aborts the response. */
async function judged(response: UpstreamResponse): Promise<UpstreamResponse | S3Error | Fallback> {
  const { status } = response;
  const source = responseSource(response);
  if (source !== 's3') {
    response.abort();
    return { reason: source, detail: { s3Status: status } };
  }
  if (isSuccess(status)) return response;
  const error = await readS3Error(response);
  if (status >= 500) return error;
  const detail = { s3Status: status, s3Code: error.code };
  return { reason: error.code === 'SignatureDoesNotMatch' ? 'signature' : 'refused', detail };
}
