// The error responses with which each upstream rejects, fails or throttles a request.
import { STS_ERRORS, stsErrorResponse } from '../../src/sandbox/sts/sts-error.ts';

export type UpstreamName = 'metadata' | 'certs' | 'sts' | 's3';
export type Saying = 'refuses' | 'fails' | 'throttles' | 'knows nothing';

export interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

const google = (status: number): Said => ({
  status,
  headers: { 'content-type': 'text/html', 'metadata-flavor': 'Google' },
  body: `<!DOCTYPE html><title>Error ${status}</title>`,
});

const s3 = (status: number, code: string): Said => ({
  status,
  headers: { 'content-type': 'application/xml', 'x-amz-request-id': 'TX0', 'x-amz-id-2': 'host' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message><RequestId>TX0</RequestId></Error>`,
});

function sts(code: string, otherStatus?: number): Said {
  const [usual, message] = STS_ERRORS.get(code) ?? [500, 'No.'];
  const { status, headers, body } = stsErrorResponse({ status: otherStatus ?? usual, code, message }, 'r0');
  if (!Buffer.isBuffer(body)) throw new TypeError('an error of STS is not streamed');
  return { status, headers, body };
}

export const SAYINGS: Readonly<Record<UpstreamName, Readonly<Record<Saying, Said>>>> = {
  metadata: {
    refuses: google(403),
    fails: google(503),
    throttles: google(429),
    'knows nothing': google(404),
  },
  certs: {
    refuses: google(403),
    fails: google(503),
    throttles: google(429),
    'knows nothing': google(404),
  },
  sts: {
    refuses: sts('AccessDenied'),
    fails: sts('InternalFailure', 500),
    throttles: sts('Throttling'),
    'knows nothing': sts('ValidationError'),
  },
  s3: {
    refuses: s3(403, 'AccessDenied'),
    fails: s3(500, 'InternalError'),
    throttles: s3(503, 'SlowDown'),
    'knows nothing': s3(404, 'NoSuchBucket'),
  },
};
