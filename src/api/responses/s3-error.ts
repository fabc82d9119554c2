// Responds with an error of S3's: S3's status, code and request IDs, with a sentence of the bridge's.
import type { Outcome } from '../../errors/fault-row.ts';
import { headerOf } from '../../http1/exchange.ts';
import type { RequestContext } from '../../observability/request-context.ts';
import { accessDeniedFix } from '../../s3/access-denied.ts';
import type { ObjectRead } from '../../s3/operation.ts';
import type { S3Error } from '../../s3/s3-error.ts';
import { sendFault } from './fault.ts';

/** S3's headers on an error that are about the object, unlike the document's own length and type. */
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

/** If S3 sent no error document, or something other than S3 responded. */
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
  /** For the caller, instead of S3's own message, which names ARNs. */
  readonly sentence: string;
  /** For the operator; absent if the caller must fix its request. */
  readonly fix?: string | typeof accessDeniedFix;
}

/** S3's errors about the caller's request, whose code and status are forwarded. */
const S3_ROWS: Readonly<Record<string, S3Row>> = {
  AccessDenied: {
    sentence:
      'The storage denied this read: the object may not exist, or its owner does not let this bridge read it.',
    fix: accessDeniedFix,
  },
  InvalidArgument: { sentence: 'The storage did not accept an argument of the request.' },
  InvalidObjectState: {
    sentence: 'The object is archived and has to be restored by its owner before it can be read.',
  },
  InvalidRange: { sentence: 'The requested range is not satisfiable.' },
  InvalidRequest: { sentence: 'The storage did not accept the request.' },
  KeyTooLongError: { sentence: 'The key is too long.' },
  MethodNotAllowed: {
    sentence: 'The storage does not allow this method on that object: the version is a delete marker.',
  },
  NoSuchBucket: {
    sentence: 'The bucket does not exist.',
    fix: "The configuration names a bucket that S3 does not have: check the bucket's target and endpoint.",
  },
  NoSuchKey: { sentence: 'The object does not exist.' },
  NoSuchVersion: { sentence: 'That version of the object does not exist.' },
  NotImplemented: { sentence: 'The storage does not offer that.' },
  PreconditionFailed: { sentence: 'A precondition of the request does not hold.' },
  SlowDown: {
    sentence: 'The storage asks to slow down. Try again shortly.',
    fix: 'S3 limits requests per prefix, and scales while they last: spread the keys, or let callers back off.',
  },
};

/** S3 forwards KMS's own codes for a key that nobody can use. */
const KMS: S3Row = {
  sentence: 'The object is encrypted with a key that cannot be used at present.',
  fix: "The object's KMS key is disabled, about to be deleted, or gone: its owner has to enable it, or cancel the deletion.",
};

const FAILED: S3Row = {
  sentence: 'The storage failed. Try again shortly.',
  fix: 'S3 failed by itself. If it lasts, see the AWS health page of its region.',
};
const OTHER_ERROR: S3Row = {
  sentence: 'The storage refused the request.',
  fix: 'S3\'s code is in this line: look it up in its API reference, "Error responses".',
};

function rowOf({ code, status }: S3Error): S3Row {
  const known = code === undefined ? undefined : S3_ROWS[code];
  if (known !== undefined) return known;
  if (code?.startsWith('KMS.') === true) return KMS;
  return status >= 500 ? FAILED : (S3_ROWS[CODES_BY_STATUS[status] ?? ''] ?? OTHER_ERROR);
}

/** The outcome of S3's own errors, by status; any other below 500 is about the request. */
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
