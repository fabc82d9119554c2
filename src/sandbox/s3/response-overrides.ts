// Parses the `response-…` query parameters of GetObject and HeadObject, which override response headers.
import { S3Error } from './s3-error.ts';

/** The response headers that a query parameter can override. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** A header value may contain all Latin-1 characters except control characters. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @throws S3Error InvalidArgument */
export function overridesOf(query: ReadonlyMap<string, string>): Record<string, string> {
  const given = OVERRIDES.map((name) => [name, query.get(`response-${name}`)] as const);
  const overrides = given.filter((pair): pair is [string, string] => pair[1] !== undefined);
  const invalid = overrides.find(([, value]) => !HEADER_VALUE.test(value));
  if (invalid !== undefined) {
    throw new S3Error('InvalidArgument', {
      message: 'Header value cannot be represented using ISO-8859-1.',
      elements: { ArgumentName: `response-${invalid[0]}` },
    });
  }
  return Object.fromEntries(overrides);
}
