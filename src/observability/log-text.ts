// Makes a caller's text safe for a log line: removes tokens, even percent-encoded ones, and truncates the text.

/**
 * The maximum length in UTF-8 bytes. Without this limit, even callers without a token could add 16 KiB of text to the log per
 * request.
 */
const MAX_BYTES = 256;

const ELLIPSIS = '…';
const encoder = new TextEncoder();

/** Removes tokens from a text and truncates it. */
export function logText(text: string): string {
  const clean = withoutTokens(text);
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  if (clean.length <= MAX_BYTES / 3 || Buffer.byteLength(clean) <= MAX_BYTES) return clean;
  const { read } = encoder.encodeInto(clean, new Uint8Array(MAX_BYTES - Buffer.byteLength(ELLIPSIS)));
  return clean.slice(0, read) + ELLIPSIS;
}

/** Removes a URL's query, which may contain a token, and makes the rest safe. */
export function pathText(url = ''): string {
  const mark = url.indexOf('?');
  return logText(mark === -1 ? url : url.slice(0, mark));
}

/**
 * Runs in linear time for any text.
 * @returns the text with … instead of each JSON Web Token, even if the token is percent-encoded several times
 */
export function withoutTokens(text: string): string {
  // Nearly all texts contain neither an escaped character nor the beginning of a token, and both checks are fast.
  const plain = text.includes('%') && MAY_HIDE.test(text) ? withoutEncodedTokens(text) : text;
  return plain.includes(TOKEN_START) ? replaced(plain, tokensIn(plain)) : plain;
}

/**
 * Matches `eyJ`, which begins every token, and percent escapes that may hide a token: escapes of these three letters, of '%',
 * or of hexadecimal digits.
 */
const MAY_HIDE = /eyJ|%(?:25|3\d|4[1-6aA]|6[1-6]|79)/;

function withoutEncodedTokens(text: string): string {
  const { decoded, starts } = decodedFully(text);
  if (!decoded.includes(TOKEN_START)) return text;
  const inText = (at: number): number => starts[at] ?? text.length;
  return replaced(
    text,
    tokensIn(decoded).map(([from, to]) => [inText(from), inText(to)]),
  );
}

type Range = readonly [from: number, to: number];

/** The Base64 form of `{"`, the beginning of every token's header. */
const TOKEN_START = 'eyJ';

/**
 * Matches Base64 segments that are separated by dots. A match can start only at the beginning of a segment, so that matching
 * takes linear time.
 */
const DOTTED = /(?<![\w-])[\w-]+(?:\.[\w-]*)+/g;

/** Minimum lengths: no token has a shorter header or payload. */
const MIN_HEADER = 8;
const MIN_PAYLOAD = 5;

/** @returns the positions of tokens: a header, a payload, and usually a signature */
function tokensIn(text: string): Range[] {
  const found: Range[] = [];
  for (const { 0: run, index } of text.matchAll(DOTTED)) {
    const segments = run.split('.');
    let at = index;
    for (let i = 0; i < segments.length; i += 1) {
      const [header = '', payload = '', signature] = segments.slice(i, i + 3);
      const start = header.indexOf(TOKEN_START);
      if (start !== -1 && header.length - start >= MIN_HEADER && payload.length >= MIN_PAYLOAD) {
        const rest = signature === undefined ? 0 : 1 + signature.length;
        found.push([at + start, at + header.length + 1 + payload.length + rest]);
      }
      at += header.length + 1;
    }
  }
  return found;
}

/** @param ranges sorted by their start; ranges may overlap */
function replaced(text: string, ranges: readonly Range[]): string {
  let kept = '';
  let end = 0;
  for (const [from, to] of ranges) {
    if (from >= end) kept += text.slice(end, from) + ELLIPSIS;
    end = Math.max(end, to);
  }
  return kept + text.slice(end);
}

/**
 * Decodes percent escapes, including nested ones, in one pass: each escape is decoded as soon as its last character is read.
 * @returns the decoded text, in which blanks replace non-ASCII characters, and the position of each character in the original
 * text
 */
function decodedFully(text: string): { readonly decoded: string; readonly starts: Uint32Array } {
  const codes = Buffer.allocUnsafe(text.length);
  const starts = new Uint32Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i += 1) {
    codes[length] = asciiOf(text.charCodeAt(i));
    starts[length] = i;
    length += 1;
    for (let byte = lastEscape(codes, length); byte !== undefined; byte = lastEscape(codes, length)) {
      length -= 2;
      codes[length - 1] = asciiOf(byte);
    }
  }
  return { decoded: codes.toString('latin1', 0, length), starts: starts.subarray(0, length) };
}

const BLANK = 0x20;
const asciiOf = (code: number): number => (code < 0x80 ? code : BLANK);

const PERCENT = 0x25;

/** @returns the byte that the percent escape before `end` encodes; undefined if there is no escape */
function lastEscape(codes: Buffer, end: number): number | undefined {
  if (end < 3 || codes[end - 3] !== PERCENT) return undefined;
  const [high, low] = [hexOf(codes[end - 2]), hexOf(codes[end - 1])];
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function hexOf(code = 0): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}
