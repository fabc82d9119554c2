// Forwards an S3 error: S3's status, code and request IDs, with the bridge's own message.
import type { Outcome } from '../../errors/fault-row.ts';
import { headerOf } from '../../http1/exchange.ts';
import type { RequestContext } from '../../observability/request-context.ts';
import { accessDeniedFix } from '../../s3/access-denied.ts';
import type { ObjectRead } from '../../s3/operation.ts';
import type { S3Error } from '../../s3/s3-error.ts';
import { cacheHeaders } from './cache-headers.ts';
import { sendFault } from './fault.ts';

/**
 * The headers of an S3 error response that are forwarded, because they describe the object or the request instead of the error
 * document.
 */
const FORWARDED = [
  'accept-ranges',
  'allow',
  'content-range',
  'x-amz-request-id',
  'x-amz-id-2',
  'x-amz-delete-marker',
  'x-amz-version-id',
  'last-modified',
  'etag',
  'retry-after',
];

export function sendS3Error(context: RequestContext, { kind }: ObjectRead, error: S3Error): void {
  const { status, code, denial } = error;
  const { sentence, fix } = rowOf(error);
  context.s3 = {
    code,
    status,
    denial,
    fix: typeof fix === 'function' ? fix(denial ?? {}, kind === 'list') : fix,
  };
  const headers = FORWARDED.flatMap((name) => {
    const value = headerOf(error.headers, name);
    return value === undefined ? [] : [name, value];
  });
  headers.push(...cacheHeaders(context));
  const s3RequestId = headerOf(error.headers, 'x-amz-request-id');
  if (s3RequestId !== undefined) context.s3RequestId = s3RequestId;
  sendFault(context, {
    status,
    s3Code: code ?? CODES_BY_STATUS[status] ?? 'InternalError',
    outcome: outcomeOfS3(status),
    sentence,
    details: error.details,
    requestId: s3RequestId ?? context.requestId,
    hostId: headerOf(error.headers, 'x-amz-id-2') ?? '',
    headers,
  });
}

/** The error code for each status, used if S3 sent no error document or if something other than S3 responded. */
const CODES_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  405: 'MethodNotAllowed',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  503: 'ServiceUnavailable',
};

interface S3Row {
  /** The message for the caller. S3's own message is not sent, because it contains ARNs. */
  readonly sentence: string;
  /** The fix for the operator; absent if the caller must fix its request. */
  readonly fix?: string | typeof accessDeniedFix;
}

/** The bridge's messages for S3's error codes. The codes themselves are forwarded unchanged. */
const S3_ROWS: Readonly<Record<string, S3Row>> = {
  AccessDenied: {
    sentence:
      'The storage service denied this read: either the object does not exist, or its owner does not allow this bridge to read it.',
    fix: accessDeniedFix,
  },
  InvalidArgument: { sentence: 'The storage service rejected an argument of the request.' },
  InvalidObjectState: {
    sentence: 'The object is archived. Its owner must restore it before it can be read.',
  },
  InvalidRange: { sentence: 'The requested range is not satisfiable.' },
  InvalidRequest: { sentence: 'The storage service rejected the request.' },
  KeyTooLongError: { sentence: 'The key is too long.' },
  MethodNotAllowed: {
    sentence:
      'The storage service does not allow this method, because the requested version is a delete marker.',
  },
  NoSuchBucket: {
    sentence: 'The bucket does not exist.',
    fix: "The configured bucket does not exist in S3: check the bucket's `target` and `endpoint`.",
  },
  NoSuchKey: { sentence: 'The object does not exist.' },
  NoSuchVersion: { sentence: 'This version of the object does not exist.' },
  NotImplemented: { sentence: 'The storage service does not support this operation.' },
  PreconditionFailed: { sentence: 'A precondition of the request failed.' },
  SlowDown: {
    sentence: 'The storage service is throttling requests. Slow down and try again.',
    fix: 'S3 limits the request rate per prefix, and raises the limit under sustained load: spread the keys over more prefixes, or have callers back off.',
  },
};

/** The messages for errors of KMS. S3 forwards an error code of KMS if the object's KMS key cannot be used. */
const KMS: S3Row = {
  sentence: 'The object is encrypted with a key that is currently unavailable.',
  fix: "The object's KMS key is disabled, scheduled for deletion, or deleted: the key's owner must enable it or cancel the deletion.",
};

const FAILED: S3Row = {
  sentence: 'The storage service failed. Try again shortly.',
  fix: "S3 reported an internal error. If the error persists, check the AWS Health Dashboard for the bucket's region.",
};
const OTHER_ERROR: S3Row = {
  sentence: 'The storage service returned an error.',
  fix: 'Look up the S3 error code in the S3 API Reference, under "Error responses".',
};

function rowOf({ code, status }: S3Error): S3Row {
  const known = code === undefined ? undefined : S3_ROWS[code];
  if (known !== undefined) return known;
  if (code?.startsWith('KMS.') === true) return KMS;
  return status >= 500 ? FAILED : (S3_ROWS[CODES_BY_STATUS[status] ?? ''] ?? OTHER_ERROR);
}

/**
 * The outcome for each status of an S3 error response. For a status below 500 that is not listed, the outcome is
 * `invalid_request`.
 */
export const S3_OUTCOMES: readonly (readonly [outcome: Outcome, status: number])[] = [
  ['upstream_denied', 403],
  ['not_found', 404],
  ['precondition_failed', 412],
  ['invalid_request', 416],
];

function outcomeOfS3(status: number): Outcome {
  if (status >= 500) return 'upstream_failed';
  return S3_OUTCOMES.find(([, known]) => known === status)?.[0] ?? 'invalid_request';
}
