// S3's error responses: their status, their code, and the few details that are safe to pass on.
import { Fault } from '../errors/fault.ts';
import { headerOf } from '../http1/exchange.ts';
import type { UpstreamResponse } from '../http1/exchange.ts';
import { HttpError } from '../http1/http-error.ts';
import { readAccessDenied } from './access-denied.ts';
import type { AccessDenied } from './access-denied.ts';

export interface S3Error {
  readonly status: number;
  /** S3's `<Code>`; undefined if the response has no body, as for HEAD. */
  readonly code: string | undefined;
  /** The bucket's region, if S3 names it. */
  readonly region: string | undefined;
  /** Elements of the error document that are only about the request, for the caller. */
  readonly details: readonly (readonly [name: string, value: string])[];
  /** Details of an AccessDenied, for the operator only: they name roles and policies. */
  readonly denial: AccessDenied | undefined;
  readonly headers: readonly string[];
}

/** S3's error documents are below 2 KiB. */
const MAX_DOCUMENT_BYTES = 64 * 1024;

/** Elements without an account, a host or a policy in them (S3 API Reference, "Error responses"). */
const SAFE_DETAILS = [
  'ActualObjectSize',
  'RangeRequested',
  'Condition',
  'StorageClass',
  'AccessTier',
  'MaxSizeAllowed',
  'Size',
];

/** Of an AccessDenied. It holds a few ARNs, one of which ends with the object's key, escaped. */
const MESSAGE = /<Message>([^<]{1,16384})<\/Message>/;

/** The form of S3's codes and of these details. Anything else may be anything, even the bridge's own credentials. */
const CODE = /^[A-Za-z][\w.]{0,63}$/;
const DETAIL = /^[\w=, -]{1,40}$/;

const ELEMENT = /<(\w+)>([^<]{1,256})<\/\1>/g;

/**
 * S3 redirects in two ways, and to regions only: any other redirect does not come from an S3.
 * @throws Fault s3_invalid_response
 */
export async function readS3Rejection(response: UpstreamResponse): Promise<S3Error> {
  const error = await readS3Error(response);
  const { status } = error;
  if (status === 301 || status === 307 || (status >= 400 && status < 600)) return error;
  throw new Fault('s3_invalid_response', { s3Status: status });
}

/** A failure of the HTTP client as a fault with the operator's fix for S3; any other error unchanged. */
export function asS3Fault(error: unknown): unknown {
  return error instanceof HttpError ? new Fault(`s3_${error.code}`, { error: error.reason }) : error;
}

/** Reads the error document, or only the beginning of one that is too long. */
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
      // It could be endless, and the status is enough.
      else response.abort();
      return true;
    },
    end: finish,
    // Of a truncated document the status still counts.
    fail: finish,
  });
  return promise;
}
