// What S3 said when it did not give what was asked: its code and the few details that are safe to hand on.
import { readAccessDenied } from './access-denied.ts';
import type { AccessDenied } from './access-denied.ts';
import type { UpstreamResponse } from '../http1/transport.ts';

export interface S3Error {
  readonly status: number;
  /** S3's `<Code>`; undefined where there was no body to say it, as for HEAD. */
  readonly code: string | undefined;
  /** The region that S3 says is the bucket's. */
  readonly region: string | undefined;
  /** Elements of the error document that concern the request alone, for the caller. */
  readonly details: readonly (readonly [name: string, value: string])[];
  /** What S3's message says of an AccessDenied, for the operator alone: it tells of roles and policies. */
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

/** Of an AccessDenied: a few ARNs, one of which ends with the object's key, escaped. */
const MESSAGE = /<Message>([^<]{1,16384})<\/Message>/;

/** As S3's codes and these details are: what else stands there may be anything, our own credentials among it. */
const CODE = /^[A-Za-z][\w.]{0,63}$/;
const DETAIL = /^[\w=, -]{1,40}$/;

const ELEMENT = /<(\w+)>([^<]{1,256})<\/\1>/g;

/** Reads the error document, or the beginning of one that is too long, which ends the request at S3. */
export async function readS3Error(answer: UpstreamResponse): Promise<S3Error> {
  const elements = new Map<string, string>();
  const document = await readDocument(answer);
  for (const [, name = '', value = ''] of document.matchAll(ELEMENT)) {
    if (!elements.has(name)) elements.set(name, value);
  }
  const code = matching(elements.get('Code'), CODE);
  return {
    status: answer.status,
    code,
    region: headerOf(answer.headers, 'x-amz-bucket-region') ?? elements.get('Region'),
    details: SAFE_DETAILS.flatMap((name) => {
      const value = matching(elements.get(name), DETAIL);
      return value === undefined ? [] : [[name, value] as const];
    }),
    denial: code === 'AccessDenied' ? readAccessDenied(MESSAGE.exec(document)?.[1] ?? '') : undefined,
    headers: answer.headers,
  };
}

const matching = (text: string | undefined, form: RegExp): string | undefined =>
  text !== undefined && form.test(text) ? text : undefined;

function readDocument(answer: UpstreamResponse): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    resolve(Buffer.concat(chunks).toString());
  };
  answer.pipe({
    write: (chunk) => {
      bytes += chunk.length;
      if (bytes <= MAX_DOCUMENT_BYTES) chunks.push(chunk);
      // It could go on for ever, and its status is enough.
      else answer.abort();
      return true;
    },
    end: finish,
    // A document cut short is still worth its status.
    fail: finish,
  });
  return promise;
}

/** @param headers raw pairs */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const given = headers[i];
    if (given?.length === name.length && given.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}
