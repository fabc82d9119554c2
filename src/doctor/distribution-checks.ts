// Sends the requests with which a bucket's CloudFront distribution is compared with S3. They read the beginning of one object:
// directly from S3, through the distribution, and through the distribution without a signature.
import { createHash } from 'node:crypto';
import type { Bucket } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import { HttpError } from '../http1/http-error.ts';
import { headerOf } from '../http1/exchange.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import type { Transport } from '../http1/transport.ts';
import { createCancellation } from '../runtime/cancellation.ts';
import { responseSource } from '../s3/cloudfront/response-source.ts';
import { endpointOf, endpointThrough } from '../s3/endpoint.ts';
import type { Endpoint } from '../s3/endpoint.ts';
import { sampleRequest } from '../s3/sample-request.ts';
import { isSuccess, readS3Error } from '../s3/s3-error.ts';
import type { Sign, SigningCredentials } from '../s3/signature.ts';
import { signedRequest } from '../s3/signed-request.ts';

/** The first bytes of an object as one path returned them, or an error. */
export interface Beginning {
  readonly status: number;
  /** S3's error code; undefined for a success. */
  readonly code: string | undefined;
  readonly source: ReturnType<typeof responseSource>;
  readonly etag: string | undefined;
  /** The SHA-256 of the bytes. */
  readonly digest: string;
}

/** The error if there was no response, either from S3 or from the distribution. */
export interface Unreachable {
  readonly error: string;
}

export interface DistributionChecks {
  direct(key: string): Promise<Beginning | Unreachable>;
  through(key: string): Promise<Beginning | Unreachable>;
  /** Reads through the distribution, without a signature. */
  unsigned(key: string): Promise<Beginning | Unreachable>;
}

/** The range of the object that is compared. */
const RANGE = ['range', 'bytes=0-1023'] as const;

/** The headers that are kept when a request is sent without a signature. */
const UNSIGNED = ['host', 'user-agent', 'range'];

export function distributionChecks(
  via: string,
  from: {
    readonly bucket: Bucket;
    /** Returns the bucket's region, which earlier requests may have corrected. */
    readonly regionOf: (bucket: Bucket) => string;
    readonly credentials: SigningCredentials;
    readonly sign: Sign;
    readonly transport: Pick<Transport, 'send'>;
  },
): DistributionChecks {
  const { bucket, regionOf, credentials, sign, transport } = from;
  const requestTo = (endpoint: Endpoint, key: string) =>
    signedRequest(
      sign,
      {
        bucket,
        read: sampleRequest('get', bucket.name, key),
        region: endpoint.region,
        credentials,
        now: Date.now(),
        endpoint,
      },
      { headers: RANGE, amzHeaders: [], cancellation: createCancellation(), requestId: 'doctor' },
    );
  const send = async (request: ReturnType<typeof requestTo>): Promise<Beginning | Unreachable> => {
    try {
      return await beginningOf(await transport.send(request.origin, request));
    } catch (error) {
      if (error instanceof HttpError) return { error: error.reason ?? error.code };
      throw error;
    }
  };
  return {
    direct: (key) => send(requestTo(endpointOf(bucket, regionOf(bucket)), key)),
    through: (key) => send(requestTo(endpointThrough(via, bucket, regionOf(bucket)), key)),
    unsigned: (key) => {
      const request = requestTo(endpointThrough(via, bucket, regionOf(bucket)), key);
      const headers = request.headers.flatMap((name, i) =>
        i % 2 === 0 && UNSIGNED.includes(name) ? [name, request.headers[i + 1] ?? ''] : [],
      );
      return send({ ...request, headers });
    },
  };
}

/** @throws Fault s3_unreachable if the body is truncated */
async function beginningOf(response: UpstreamResponse): Promise<Beginning> {
  const { status, headers } = response;
  const shared = { status, source: responseSource(response), etag: headerOf(headers, 'etag') };
  if (!isSuccess(status)) return { ...shared, code: (await readS3Error(response)).code, digest: '' };
  const hash = createHash('sha256');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  response.pipe({
    write: (chunk) => {
      hash.update(chunk);
      return true;
    },
    end: () => {
      resolve(hash.digest('hex'));
    },
    fail: () => {
      reject(new Fault('s3_unreachable', { error: 'cut' }));
    },
  });
  return { ...shared, code: undefined, digest: await promise };
}
