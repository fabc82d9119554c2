// Parses the head of an HTTP/1.1 response (RFC 9112): status, raw headers, and how its body ends.
import { invalidResponse } from './http-error.ts';

export interface ResponseHead {
  readonly status: number;
  /** Alternating header names and values in Latin-1. The names are spelled as the upstream sent them. */
  readonly headers: readonly string[];
  /** The body's length in bytes, or `chunked`. */
  readonly length: number | 'chunked';
  /** Whether another request may follow on the connection. */
  readonly keepsAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/** Matches a valid header name (RFC 9110, 5.6.2). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Statuses of responses that have no body (RFC 9110, 15.3.5, 15.3.6 and 15.4.5). Some servers declare and send a body anyway. */
const BODYLESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The status 408, which a server may send on an idle connection (RFC 9110, 15.5.9). After a 408, the connection is not reused,
 * because a 408 could be mistaken for the response to the next request.
 */
const REQUEST_TIMEOUT = 408;

/** Common header names, as S3 and most servers spell them. The parser does not check the characters of these names. */
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

/**
 * Matches lines of characters that may be forwarded to callers; a bare carriage return or line feed does not match. Measured:
 * searching for forbidden characters instead takes 0.5 µs more.
 */
const LINES = /^(?:[\t\x20-\x7e\x80-\xff]+(?:\r\n|$))*$/;

/**
 * The maximum number of digits of a length. A double can represent every integer of up to 15 digits, which is enough for almost a
 * petabyte.
 */
const MAX_LENGTH_DIGITS = 15;

/**
 * Parses a response head. Rejects folded lines, bare line feeds and contradictory framing, because a message that two parsers
 * frame differently can hide a second message (RFC 9112, 11.2).
 * @param text the head in Latin-1, without the empty line at its end
 * @param isHead whether the request was a HEAD; its response has no body, whatever its headers say
 * @throws HttpError invalid_response
 */
export function readResponseHead(text: string, isHead: boolean): ResponseHead {
  if (!LINES.test(text)) reject('character');
  let end = endOfLine(text, 0);
  const [, minor, code] = STATUS_LINE.exec(text.slice(0, end)) ?? reject('status line');
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
    if (colon <= start || colon > end) reject('header line');
    const name = text.slice(start, colon);
    if (!USUAL_NAMES.has(name) && !NAME.test(name)) reject('header name');
    const value = trimmed(text, colon + 1, end);
    headers.push(name, value);
    // Comparing lengths first avoids a lower-case copy of most names.
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (length !== undefined || !isLength(value)) reject('content-length');
      length = Number(value);
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if (isChunked || value.toLowerCase() !== 'chunked') reject('transfer-encoding');
      isChunked = true;
    } else if (name.length === 10 && name.toLowerCase() === 'connection') {
      for (const option of value.toLowerCase().split(',')) {
        closes ||= option.trim() === 'close';
        persists ||= option.trim() === 'keep-alive';
      }
    }
  }
  if (closes && persists) reject('connection');
  if (isChunked && length !== undefined) reject('two framings');
  // HTTP/1.0 has no transfer codings, so this response's framing is invalid (RFC 9112, 6.1).
  if (isChunked && minor === '0') reject('transfer-encoding in HTTP/1.0');
  const hasBody = isChunked || (length ?? 0) > 0;
  const isAmbiguous = (BODYLESS.has(status) && hasBody) || status === REQUEST_TIMEOUT;
  const keepsAlive = !closes && (minor === '1' || persists) && !isAmbiguous;
  // This client never requests an upgrade, and only final responses may have a body (RFC 9110, 8.6; RFC 9112, 6.1).
  if (status < 200 && (status === 101 || isChunked || length !== undefined)) reject('interim response');
  if (isHead || status < 200 || status === 204 || status === 304)
    return { status, headers, length: 0, keepsAlive };
  // Rejects a body that ends when the connection closes, because it would look complete even if it was truncated.
  if (!isChunked && length === undefined) reject('body without length');
  return { status, headers, length: isChunked ? 'chunked' : (length ?? 0), keepsAlive };
}

function isLength(value: string): boolean {
  return value.length <= MAX_LENGTH_DIGITS && /^[0-9]+$/.test(value);
}

/** Removes the whitespace around a value (RFC 9110, 5.5). */
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

function reject(reason: string): never {
  throw invalidResponse(reason);
}
