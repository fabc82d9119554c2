// Lets browsers of configured origins read (Fetch Standard, "CORS protocol").
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface CorsRules {
  /** Exact origins, or '*'. */
  readonly origins: readonly string[];
  readonly maxAgeSeconds: number;
}

/** Header names as a preflight lists them. */
const NAMES = /^[a-z0-9-]+(?:, ?[a-z0-9-]+)*$/i;

/**
 * Adds the headers that let a browser's page read the response, and responds to preflights.
 * @returns whether the request was a preflight, to which it has responded
 */
export function sendCors(rules: CorsRules, request: IncomingMessage, response: ServerResponse): boolean {
  const { origin, 'access-control-request-headers': requestedHeaders } = request.headers;
  response.setHeader('vary', 'Origin');
  const allowed = origin !== undefined && (rules.origins.includes('*') || rules.origins.includes(origin));
  if (allowed) {
    response.setHeader('access-control-allow-origin', origin);
    // No cookies are involved, so that '*' stands for every name, `x-amz-meta-…` included.
    response.setHeader('access-control-expose-headers', '*');
  }
  if (request.method !== 'OPTIONS') return false;
  if (allowed) {
    response.setHeader('access-control-allow-methods', 'GET, HEAD');
    response.setHeader('access-control-max-age', rules.maxAgeSeconds);
    // '*' would not stand for Authorization.
    if (requestedHeaders !== undefined && NAMES.test(requestedHeaders))
      response.setHeader('access-control-allow-headers', requestedHeaders);
  }
  response.writeHead(204).end();
  return true;
}
