// If-Match and its kin, in S3's order and with S3's exceptions.
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './s3-error.ts';

export interface Validators {
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** Lists, `*`, and tags without quotes are taken; a weak tag is compared by its value. */
function names(header: string, etag: string): boolean {
  const bare = (tag: string) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(etag));
}

/** Whether it was modified after the date; a date that is none decides nothing. */
function modifiedSince(header: string | undefined, modified: number): boolean | undefined {
  const date = Date.parse(header ?? '');
  return Number.isNaN(date) ? undefined : Math.floor(modified / 1000) * 1000 > date;
}

/** Throws PreconditionFailed or NotModified. A tag that decides makes the date not count. */
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
