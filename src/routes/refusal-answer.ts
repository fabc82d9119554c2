// Tells a caller that S3 refused: S3's status, code and request IDs, our sentence.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome } from '../fault-row.ts';
import { headerOf } from '../s3/refusal.ts';
import type { Refusal } from '../s3/refusal.ts';
import type { AccessRecord } from './access-log.ts';
import { answerFault } from './fault-answer.ts';

/** Of S3's headers on an error, those that are about the object; the document's own length and type are not. */
const HANDED_ON = [
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

export function answerRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  record: AccessRecord,
  refusal: Refusal,
): void {
  const { status, code } = refusal;
  record.s3 = { code, status };
  const headers = HANDED_ON.flatMap((name) => {
    const value = headerOf(refusal.headers, name);
    return value === undefined ? [] : [name, value];
  });
  const s3RequestId = headerOf(refusal.headers, 'x-amz-request-id');
  if (s3RequestId !== undefined) record.s3RequestId = s3RequestId;
  record.bytes = answerFault(request, response, record.requestId, {
    status,
    s3Code: code ?? CODES_BY_STATUS[status] ?? 'InternalError',
    outcome: outcomeOfS3(status),
    sentence: sentenceOfS3(code, status),
    details: refusal.details,
    requestId: s3RequestId ?? record.requestId,
    hostId: headerOf(refusal.headers, 'x-amz-id-2') ?? '',
    headers,
  });
}

/** Where S3 sent no document, or something else than S3 answered. */
const CODES_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  405: 'MethodNotAllowed',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  503: 'ServiceUnavailable',
};

/** S3's refusals that are about the caller's request: its code and status go on, its message, which names ARNs, does not. */
const SENTENCES_OF_S3: Readonly<Record<string, string>> = {
  AccessDenied:
    'The storage denied this read: the object may not exist, or its owner does not let this bridge read it.',
  InvalidArgument: 'The storage did not accept an argument of the request.',
  InvalidObjectState: 'The object is archived and has to be restored by its owner before it can be read.',
  InvalidRange: 'The requested range is not satisfiable.',
  InvalidRequest: 'The storage did not accept the request.',
  KeyTooLongError: 'The key is too long.',
  MethodNotAllowed: 'The storage does not allow this method on that object: the version is a delete marker.',
  NoSuchBucket: 'The bucket does not exist.',
  NoSuchKey: 'The object does not exist.',
  NoSuchVersion: 'That version of the object does not exist.',
  NotImplemented: 'The storage does not offer that.',
  PreconditionFailed: 'A precondition of the request does not hold.',
  SlowDown: 'The storage asks to slow down. Try again shortly.',
};

function sentenceOfS3(code: string | undefined, status: number): string {
  const known = code === undefined ? undefined : SENTENCES_OF_S3[code];
  if (known !== undefined) return known;
  return status >= 500 ? 'The storage failed. Try again shortly.' : 'The storage refused the request.';
}

/** What S3's own refusals come to, by status; any other below 500 is about the request. */
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
