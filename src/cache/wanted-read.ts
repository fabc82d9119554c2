// Decides from a request whether its response may come from the cache, and what exactly the caller wants.
import type { ObjectRead } from '../s3/operation.ts';
import type { ReadOptions } from '../s3/read.ts';

/** A byte range whose last byte is included. `suffix` is the number of bytes at the end of the object. */
export type WantedRange = { readonly first: number; readonly last: number } | { readonly suffix: number };

export interface WantedRead {
  readonly isHead: boolean;
  /** The requested range; undefined for the whole object. */
  readonly range: WantedRange | undefined;
  /** The caller's conditions as alternating names and values. */
  readonly conditions: readonly string[];
  readonly wantsChecksums: boolean;
  /** Response headers that the caller sets through `response-…` parameters. */
  readonly overrides: readonly (readonly [header: string, value: string])[];
  readonly versionId: string | undefined;
  /** Whether the caller requires that S3 confirm the object now. */
  readonly mustConfirm: boolean;
}

/**
 * Matches one range in the form that every S3 server understands. Requests with other forms are sent to S3, which ignores some
 * forms and rejects others.
 */
const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * Matches values that the cache may send in a header. S3 might reject other values, or they might add headers to the response.
 */
const OVERRIDE_VALUE = /^[!-~](?:[ -~]*[!-~])?$/;

const OVERRIDDEN: ReadonlyMap<string, string> = new Map([
  ['response-cache-control', 'Cache-Control'],
  ['response-content-disposition', 'Content-Disposition'],
  ['response-content-encoding', 'Content-Encoding'],
  ['response-content-language', 'Content-Language'],
  ['response-content-type', 'Content-Type'],
  ['response-expires', 'Expires'],
]);

const plain = (isHead: boolean): WantedRead => ({
  isHead,
  range: undefined,
  conditions: [],
  wantsChecksums: false,
  overrides: [],
  versionId: undefined,
  mustConfirm: false,
});
const [PLAIN_GET, PLAIN_HEAD] = [plain(false), plain(true)];

/** @returns undefined if the request must be sent to S3 unchanged */
export function wantedRead(operation: ObjectRead, options: ReadOptions): WantedRead | undefined {
  const { name, parameters } = operation;
  if (operation.kind !== 'object' || (name !== 'GetObject' && name !== 'HeadObject')) return undefined;
  const isHead = operation.method === 'HEAD';
  const { headers, amzHeaders, cacheControl } = options;
  if (parameters.length + headers.length + amzHeaders.length === 0 && cacheControl === undefined)
    return isHead ? PLAIN_HEAD : PLAIN_GET;
  const directives = directivesOf(cacheControl);
  if (directives.has('no-store')) return undefined;
  let versionId: string | undefined;
  const overrides: (readonly [string, string])[] = [];
  for (const [parameter, value] of parameters) {
    const header = OVERRIDDEN.get(parameter);
    if (header !== undefined && OVERRIDE_VALUE.test(value)) overrides.push([header, value]);
    else if (parameter === 'versionId' && value !== '') versionId = value;
    // The cache does not implement `partNumber` and other parameters that affect the response.
    else return undefined;
  }
  let wantsChecksums = false;
  for (const [header, value] of amzHeaders) {
    // Headers such as those for SSE-C or for a required owner change what S3 checks.
    if (header !== 'x-amz-checksum-mode' || value.toUpperCase() !== 'ENABLED') return undefined;
    wantsChecksums = true;
  }
  let range: WantedRange | undefined;
  const conditions: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const [header = '', value = ''] = [headers[i], headers[i + 1]];
    if (header !== 'range') conditions.push(header, value);
    else {
      range = rangeOf(value);
      if (range === undefined) return undefined;
    }
  }
  const mustConfirm = directives.has('no-cache') || directives.has('max-age=0');
  return { isHead, range, conditions, wantsChecksums, overrides, versionId, mustConfirm };
}

function rangeOf(value: string): WantedRange | undefined {
  const [, from = '', to = ''] = RANGE.exec(value) ?? [];
  if (from === '') return to === '' || Number(to) === 0 ? undefined : { suffix: Number(to) };
  const [first, last] = [Number(from), to === '' ? Infinity : Number(to)];
  return last < first ? undefined : { first, last };
}

/**
 * Returns the directives of a Cache-Control header (RFC 9111, 5.2.1). Directives that the bridge does not implement have no
 * effect.
 */
function directivesOf(header: string | undefined): ReadonlySet<string> {
  return new Set(
    header
      ?.toLowerCase()
      .split(',')
      .map((directive) => directive.trim()),
  );
}

/** The bytes of an object that the caller wants: from the byte `from` to the byte before `to`. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** @returns undefined if S3 would respond with 416 */
export function extentOf(range: WantedRange | undefined, size: number): Extent | undefined {
  if (range === undefined) return { from: 0, to: size };
  if ('suffix' in range) return size === 0 ? undefined : { from: Math.max(0, size - range.suffix), to: size };
  return range.first >= size ? undefined : { from: range.first, to: Math.min(range.last + 1, size) };
}
