// Reads S3's error responses: status, code, and the few details that are safe to forward.
import { Fault } from '../errors/fault.ts';
import { headerOf } from '../http1/exchange.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import { HttpError } from '../http1/http-error.ts';
import { readAccessDenied } from './access-denied.ts';
import type { AccessDenied } from './access-denied.ts';

export interface S3Error {
  readonly status: number;
  /** S3's `<Code>`; undefined if the response has no body, as in a response to HEAD. */
  readonly code: string | undefined;
  /** The bucket's region, if S3 names it. */
  readonly region: string | undefined;
  /** Elements of the error document that may be shown to the caller. */
  readonly details: readonly (readonly [name: string, value: string])[];
  /** Details of an AccessDenied error, which only the operator may see, because they name roles and policies. */
  readonly denial: AccessDenied | undefined;
  readonly headers: readonly string[];
}

/** The maximum size of an error document. S3's own error documents are smaller than 2 KiB. */
const MAX_DOCUMENT_BYTES = 64 * 1024;

/** The elements that may be forwarded, because they contain no account, host or policy (S3 API Reference, "Error responses"). */
const SAFE_DETAILS = [
  'ActualObjectSize',
  'RangeRequested',
  'Condition',
  'StorageClass',
  'AccessTier',
  'MaxSizeAllowed',
  'Size',
];

/**
 * Matches the message, which can be long for AccessDenied: it contains a few ARNs, one of which ends with the escaped object key.
 */
const MESSAGE = /<Message>([^<]{1,16384})<\/Message>/;

/**
 * The allowed form of S3's error codes and details. All other texts are dropped, because they could contain the bridge's
 * credentials.
 */
const CODE = /^[A-Za-z][\w.]{0,63}$/;
const DETAIL = /^[\w=, -]{1,40}$/;

const ELEMENT = /<(\w+)>([^<]{1,256})<\/\1>/g;

/** A 304 is a success, because the request was conditional. A 205 is not a success, because some clients skip its body. */
export function isSuccess(status: number): boolean {
  return status === 200 || status === 206 || status === 304 || status === 204;
}

/**
 * Reads S3's response to a rejected or redirected request. S3 redirects only to other regions, and only with 301 and 307. Any
 * other redirect does not come from S3.
 * @throws Fault s3_invalid_response
 */
export async function readS3Rejection(response: UpstreamResponse): Promise<S3Error> {
  const error = await readS3Error(response);
  const { status } = error;
  if (status === 301 || status === 307 || (status >= 400 && status < 600)) return error;
  throw new Fault('s3_invalid_response', { s3Status: status });
}

/** Converts an HttpError to an S3 fault, which has a fix for the operator; returns any other error unchanged. */
export function asS3Fault(error: unknown): unknown {
  return error instanceof HttpError ? new Fault(`s3_${error.code}`, { error: error.reason }) : error;
}

/** Reads S3's error document. If the document is too long, reads only its beginning. */
export async function readS3Error(response: UpstreamResponse): Promise<S3Error> {
  const elements = new Map<string, string>();
  const document = await readDocument(response);
  for (const [, name = '', value = ''] of document.matchAll(ELEMENT)) {
    if (!elements.has(name)) elements.set(name, value);
  }
  const code = matching(elements.get('Code'), CODE);
  return {
    status: response.status,
    code,
    region: headerOf(response.headers, 'x-amz-bucket-region') ?? elements.get('Region'),
    details: SAFE_DETAILS.flatMap((name) => {
      const value = matching(elements.get(name), DETAIL);
      return value === undefined ? [] : [[name, value] as const];
    }),
    denial: code === 'AccessDenied' ? readAccessDenied(MESSAGE.exec(document)?.[1] ?? '') : undefined,
    headers: response.headers,
  };
}

const matching = (text: string | undefined, form: RegExp): string | undefined =>
  text !== undefined && form.test(text) ? text : undefined;

function readDocument(response: UpstreamResponse): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    resolve(Buffer.concat(chunks).toString());
  };
  response.pipe({
    write: (chunk) => {
      bytes += chunk.length;
      if (bytes <= MAX_DOCUMENT_BYTES) chunks.push(chunk);
      // Aborts the response, because the document could be endless, and the status is sufficient.
      else response.abort();
      return true;
    },
    end: finish,
    // Still uses the status if the document is truncated.
    fail: finish,
  });
  return promise;
}
