// Serves only requests from this machine: a web page must not reach the sandbox through a name of its own that resolves to 127.0.0.1
// (DNS rebinding), nor across sites.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isLoopback } from '../config/allowed-origins.ts';

/**
 * @param serve gets requests to a loopback name
 * @param hosts further names to serve, in lower case and without a port
 */
export function onlyByLocalName(serve: RequestListener, hosts: readonly string[] = []): RequestListener {
  return (request, response) => {
    const hostname = authorityOf(request)?.hostname ?? '';
    if (isLoopback(hostname) || hosts.includes(hostname)) serve(request, response);
    else refuse(response, 421, BY_ANOTHER_NAME);
  };
}

/** @param serve gets requests that no page of another origin has had its browser send */
export function onlySameOrigin(serve: RequestListener): RequestListener {
  return (request, response) => {
    const { origin, 'sec-fetch-site': site = 'none' } = request.headers;
    const isOwn = origin === undefined || origin === authorityOf(request)?.origin;
    if (isOwn && (site === 'none' || site === 'same-origin')) serve(request, response);
    else refuse(response, 403, ACROSS_SITES);
  };
}

const BY_ANOTHER_NAME =
  'The sandbox serves only requests to 127.0.0.1, localhost or [::1]. Send the request to one of these names.\n';
const ACROSS_SITES =
  'The sandbox serves no requests from pages of another origin. Send the request from a program, without Origin and Sec-Fetch-Site.\n';

/** Of an absolute target its own authority counts, and not `Host` (RFC 9112, 3.2.2). */
function authorityOf({ url = '', headers: { host = '' } }: IncomingMessage): URL | undefined {
  return URL.parse(url.startsWith('/') || url === '*' ? `http://${host}` : url) ?? undefined;
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(text);
}
