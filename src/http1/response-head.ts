// Reads the head of an HTTP/1.1 answer (RFC 9112): status, raw headers, and how its body ends.
import { Fault } from '../errors/fault.ts';

export interface ResponseHead {
  readonly status: number;
  /** Names as sent and values, in turn, as Latin-1. */
  readonly headers: readonly string[];
  /** Bytes of the body, or where only its own framing tells. */
  readonly length: number | 'chunked';
  /** Whether another request may follow on the connection. */
  readonly keepsAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/** RFC 9110, 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Responses without a body (RFC 9110, 15.3.5, 15.3.6 and 15.4.5); some servers send the body that they declare. */
const BODYLESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** May be sent to an idle connection (RFC 9110, 15.5.9): the response to the request would then follow it. */
const REQUEST_TIMEOUT = 408;

/** As S3 spells what it sends most: these need not be looked at letter by letter. */
export const USUAL_NAMES: ReadonlySet<string> = new Set([
  'x-amz-id-2',
  'x-amz-request-id',
  'Date',
  'Last-Modified',
  'ETag',
  'x-amz-server-side-encryption',
  'x-amz-version-id',
  'x-amz-storage-class',
  'Accept-Ranges',
  'Content-Range',
  'Content-Type',
  'Content-Length',
  'Cache-Control',
  'Server',
  'Connection',
]);

/** It would end up in the caller's answer, or be refused there; of line ends, each half without the other. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;

/** The longest that is still exact, which is more than S3 holds in one object. */
const MAX_LENGTH_DIGITS = 15;

/**
 * Strict, as what two readers take for different messages could be made to hide one (RFC 9112, 11.2): no folded lines, no
 * bare line feeds, no two framings.
 * @param text the head without the empty line that ends it, as Latin-1
 * @param isHead whether the request was a HEAD, whose answer has no body whatever its headers say
 * @throws Fault s3_invalid_response
 */
export function readResponseHead(text: string, isHead: boolean): ResponseHead {
  if (FORBIDDEN.test(text)) nonsense('character');
  let end = endOfLine(text, 0);
  const [, minor, code] = STATUS_LINE.exec(text.slice(0, end)) ?? nonsense('status line');
  const status = Number(code);
  const headers: string[] = [];
  let length: number | undefined;
  let isChunked = false;
  let closes = false;
  let persists = false;
  while (end < text.length) {
    const start = end + 2;
    end = endOfLine(text, start);
    const colon = text.indexOf(':', start);
    if (colon <= start || colon > end) nonsense('header line');
    const name = text.slice(start, colon);
    if (!USUAL_NAMES.has(name) && !NAME.test(name)) nonsense('header name');
    const value = trimmed(text, colon + 1, end);
    headers.push(name, value);
    // Lengths of the names that matter: most headers need no copy in lower case.
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (length !== undefined || !isLength(value)) nonsense('content-length');
      length = Number(value);
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if (isChunked || value.toLowerCase() !== 'chunked') nonsense('transfer-encoding');
      isChunked = true;
    } else if (name.length === 10 && name.toLowerCase() === 'connection') {
      for (const option of value.toLowerCase().split(',')) {
        closes ||= option.trim() === 'close';
        persists ||= option.trim() === 'keep-alive';
      }
    }
  }
  if (closes && persists) nonsense('connection');
  if (isChunked && length !== undefined) nonsense('two framings');
  // RFC 9112, 6.1: the framing of such a message is faulty.
  if (isChunked && minor === '0') nonsense('transfer-encoding in HTTP/1.0');
  const hasBody = isChunked || (length ?? 0) > 0;
  const isAmbiguous = (BODYLESS.has(status) && hasBody) || status === REQUEST_TIMEOUT;
  const keepsAlive = !closes && (minor === '1' || persists) && !isAmbiguous;
  // The bridge offers no other protocol, and only final responses have a framing (RFC 9110, 8.6; RFC 9112, 6.1).
  if (status < 200 && (status === 101 || isChunked || length !== undefined)) nonsense('interim response');
  if (isHead || status < 200 || status === 204 || status === 304)
    return { status, headers, length: 0, keepsAlive };
  // A body that only the end of the connection ends looks complete wherever it is cut.
  if (!isChunked && length === undefined) nonsense('body without length');
  return { status, headers, length: isChunked ? 'chunked' : (length ?? 0), keepsAlive };
}

function isLength(value: string): boolean {
  return value.length <= MAX_LENGTH_DIGITS && /^[0-9]+$/.test(value);
}

/** Without the white space around it (RFC 9110, 5.5). */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end === -1 ? text.length : end;
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

function nonsense(what: string): never {
  throw new Fault('s3_invalid_response', { error: what });
}
