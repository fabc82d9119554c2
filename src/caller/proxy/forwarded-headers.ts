// Selects the headers that the proxy forwards: only listed headers of a request, and all headers of a response except a few.
import type { IncomingMessage } from 'node:http';

/**
 * The request headers that the proxy forwards in addition to the `x-amz-…` headers: those that the bridge or a load balancer in
 * front of it uses.
 */
const SENT: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'traceparent',
  'tracestate',
  'user-agent',
]);

/**
 * The `x-amz-…` headers that are not forwarded, because they belong to the client's own signature or contain the placeholder
 * for the token.
 */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
]);

const isSent = (name: string): boolean =>
  SENT.has(name) || (name.startsWith('x-amz-') && !CREDENTIALS.has(name));

export const hasBody = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;

/** @returns alternating names and values */
export function requestHeaders(
  request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
  added: { readonly host: string; readonly token: string },
): string[] {
  const headers = ['host', added.host, 'authorization', `Bearer ${added.token}`];
  for (const [name, value] of pairs(request.rawHeaders))
    if (isSent(name.toLowerCase())) headers.push(name, value);
  if (request.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked');
  return headers;
}

/**
 * Response headers that are not forwarded: they concern only one connection (RFC 9110, 7.6.1), or they would change how a browser
 * treats this machine's other ports.
 */
const NOT_RETURNED: ReadonlySet<string> = new Set([
  'alt-svc',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'set-cookie',
  'strict-transport-security',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Headers that are added to each response, because objects may be HTML or SVG, and all ports of this machine are the same site
 * to a browser. With the first header, a document runs no scripts and has an origin of its own. The second header prevents web
 * pages from embedding an object, even in browsers that do not send `Sec-Fetch-Site`.
 */
const PROTECTION = ['content-security-policy', 'sandbox', 'cross-origin-resource-policy', 'same-origin'];

/** @returns alternating names and values */
export function responseHeaders({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): string[] {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  const returned = pairs(rawHeaders).filter(([name]) => {
    const lower = name.toLowerCase();
    return !NOT_RETURNED.has(lower) && !named.has(lower) && !lower.startsWith('access-control-');
  });
  return [...returned.flat(), ...PROTECTION];
}

function pairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  const result: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    result.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return result;
}
