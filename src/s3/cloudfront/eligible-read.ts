// Decides which reads go through a CloudFront distribution. The decision depends only on the request, never on earlier responses,
// so that callers cannot change the path of other callers' reads.
import type { ObjectRead } from '../operation.ts';

/** Matches an empty path segment and the segments `.` and `..`, which software that normalizes paths merges or removes. */
const UNSTABLE_SEGMENT = /^\/|\/\/|(?:^|\/)\.\.?(?:\/|$)/;

/**
 * Characters whose escapes some software decodes, decodes twice, or reads as something else: control characters, `%`, `\` (as a
 * slash), `+` (as a space), and the delimiters `?`, `#` and `;`. AWS does not document what CloudFront does with them.
 */
// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const UNSTABLE_CHARACTER = /[\u0000-\u001f\u007f%\\+?#;]/;

/** Parameters that select different content of an object. Other parameters are rare, and their values need escapes. */
const PARAMETERS: readonly string[] = ['partNumber', 'versionId'];

/** Matches a value that needs no escapes. */
const PLAIN_VALUE = /^[\w.-]*$/;

/**
 * The headers that may be sent through CloudFront. SSE-C keys must not be sent through it, because anyone with such a key can
 * decrypt the object.
 */
const HEADERS: readonly string[] = ['x-amz-checksum-mode', 'x-amz-expected-bucket-owner'];

/**
 * Whether a read may go through CloudFront. Only reads of objects' content may, because they cause nearly all of the traffic that
 * AWS bills. Other requests have small responses, or queries with escapes.
 * @param amzHeaders the `x-amz-…` headers of the caller's request
 */
export function mayUseCloudFront(
  { name, method, key, parameters }: Pick<ObjectRead, 'name' | 'method' | 'key' | 'parameters'>,
  amzHeaders: readonly (readonly [name: string, value: string])[],
): boolean {
  return (
    name === 'GetObject' &&
    method === 'GET' &&
    !UNSTABLE_SEGMENT.test(key) &&
    !UNSTABLE_CHARACTER.test(key) &&
    parameters.every(([parameter, value]) => PARAMETERS.includes(parameter) && PLAIN_VALUE.test(value)) &&
    amzHeaders.every(([header]) => HEADERS.includes(header))
  );
}
