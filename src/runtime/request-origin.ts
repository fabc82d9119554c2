// Determines where a request comes from, for servers on this machine that web pages in a browser can also reach.
import type { CallerRequest } from './caller-exchange.ts';

export type Addressed = Pick<CallerRequest, 'url' | 'headers'>;

/**
 * Returns the scheme, host and port that the request is addressed to; undefined if they are invalid. An absolute request target
 * takes precedence over the `Host` header (RFC 9112, 3.2.2).
 */
export function authorityOf({ url = '', headers: { host = '' } }: Addressed): URL | undefined {
  return URL.parse(url.startsWith('/') || url === '*' ? `http://${host}` : url) ?? undefined;
}

/**
 * Whether a web page of another origin sent the request. Programs other than browsers send neither `Origin` nor `Sec-Fetch-Site`.
 */
export function isFromOtherOrigin(request: Addressed): boolean {
  const { origin, 'sec-fetch-site': site = 'none' } = request.headers;
  const isOwn = origin === undefined || origin === authorityOf(request)?.origin;
  return !isOwn || (site !== 'none' && site !== 'same-origin');
}
