// Lets web pages from configured origins read through the bridge (Fetch Standard, "CORS protocol").
import type { CallerRequest, CallerResponse } from '../../runtime/caller-exchange.ts';

export interface CorsRules {
  /** The allowed origins, which are compared exactly, or '*' for all origins. */
  readonly origins: readonly string[];
  readonly maxAgeSeconds: number;
}

/** Matches a list of header names in a preflight request. */
const NAMES = /^[a-z0-9-]+(?:, ?[a-z0-9-]+)*$/i;

/**
 * Adds the headers that let a web page read the response, and responds to preflights.
 * @returns whether the request was a preflight; if so, the response has been sent
 */
export function sendCors(rules: CorsRules, request: CallerRequest, response: CallerResponse): boolean {
  const { origin, 'access-control-request-headers': requestedHeaders } = request.headers;
  response.setHeader('vary', 'Origin');
  const allowed = origin !== undefined && (rules.origins.includes('*') || rules.origins.includes(origin));
  if (allowed) {
    response.setHeader('access-control-allow-origin', origin);
    // In a response to a request without cookies, '*' exposes every header, including `x-amz-meta-…`.
    response.setHeader('access-control-expose-headers', '*');
  }
  if (request.method !== 'OPTIONS') return false;
  if (allowed) {
    response.setHeader('access-control-allow-methods', 'GET, HEAD');
    response.setHeader('access-control-max-age', rules.maxAgeSeconds);
    // Repeats the requested names, because '*' would not include the Authorization header.
    if (requestedHeaders !== undefined && NAMES.test(requestedHeaders))
      response.setHeader('access-control-allow-headers', requestedHeaders);
  }
  response.writeHead(204).end();
  return true;
}
