// Evaluates a caller's conditions against a version that S3 has confirmed, as S3 would.
import type { VersionFacts } from './object-version.ts';

/** `unclear` if S3 might evaluate the conditions differently, so that they must be sent to S3. */
export type Verdict = 'met' | 'not modified' | 'unclear' | { readonly failed: string };

/** One strong ETag in the form in which S3 sends it, without characters that could separate two ETags. */
const ONE_ETAG = /^"[\x21\x23-\x2b\x2d-\x7e]*"$/;

/** The preferred format of dates in HTTP headers (RFC 9110, 5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * If-Match takes precedence over If-Unmodified-Since, and If-None-Match over If-Modified-Since (S3 API Reference, GetObject).
 * @param conditions alternating names, in lower case, and values
 */
export function evaluateConditions(conditions: readonly string[], version: VersionFacts): Verdict {
  if (conditions.length === 0) return 'met';
  const given = new Map<string, string>();
  for (let i = 0; i < conditions.length; i += 2) given.set(conditions[i] ?? '', conditions[i + 1] ?? '');
  const match = named(given.get('if-match'), version.etag);
  const noneMatch = named(given.get('if-none-match'), version.etag);
  const unmodified = modifiedSince(given.get('if-unmodified-since'), version);
  const modified = modifiedSince(given.get('if-modified-since'), version);
  if ([match, noneMatch, unmodified, modified].includes('unclear')) return 'unclear';
  if (match === false) return { failed: 'If-Match' };
  if (match === undefined && unmodified === true) return { failed: 'If-Unmodified-Since' };
  const isUnchanged = noneMatch ?? (modified === undefined ? false : !modified);
  return isUnchanged === true ? 'not modified' : 'met';
}

type Comparison = boolean | 'unclear' | undefined;

function named(header: string | undefined, etag: string): Comparison {
  if (header === undefined) return undefined;
  if (header === '*') return true;
  return ONE_ETAG.test(header) && ONE_ETAG.test(etag) ? header === etag : 'unclear';
}

function modifiedSince(header: string | undefined, { lastModified = '' }: VersionFacts): Comparison {
  if (header === undefined) return undefined;
  if (!HTTP_DATE.test(header) || !HTTP_DATE.test(lastModified)) return 'unclear';
  const [date, changed] = [Date.parse(header), Date.parse(lastModified)];
  // Whether a date in the future counts is unclear, because servers may ignore such a date (RFC 9110, 13.1.3).
  if (Number.isNaN(date) || Number.isNaN(changed) || date > Date.now()) return 'unclear';
  return changed > date;
}
