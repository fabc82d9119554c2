// Evaluates If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since in the same order as S3.
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './s3-error.ts';

export interface Validators {
  /** The ETag with its quotes. */
  readonly etag: string;
  /** The last modification, in milliseconds since 1970. */
  readonly modified: number;
}

/** Whether a header matches the ETag. The header may be `*` or a list of quoted or unquoted ETags; a `W/` prefix is ignored. */
function names(header: string, etag: string): boolean {
  const bare = (tag: string) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(etag));
}

/** Whether the object was modified after the header's date; undefined if the date is invalid. */
function modifiedSince(header: string | undefined, modified: number): boolean | undefined {
  const date = Date.parse(header ?? '');
  return Number.isNaN(date) ? undefined : Math.floor(modified / 1000) * 1000 > date;
}

/**
 * Throws PreconditionFailed or NotModified. If-Match disables If-Unmodified-Since, and If-None-Match disables
 * If-Modified-Since.
 */
export function checkConditions(headers: IncomingHttpHeaders, { etag, modified }: Validators): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const failed = (condition: string) =>
    new S3Error('PreconditionFailed', { elements: { Condition: condition } });
  if (match !== undefined && !names(match, etag)) throw failed('If-Match');
  if (match === undefined && modifiedSince(headers['if-unmodified-since'], modified) === true) {
    throw failed('If-Unmodified-Since');
  }
  const unchanged =
    noneMatch === undefined
      ? modifiedSince(headers['if-modified-since'], modified) === false
      : names(noneMatch, etag);
  if (unchanged) throw new S3Error('NotModified');
}
