// Protects the sandbox from web pages: rejects cross-site requests, and requests whose host name is not local (DNS rebinding).
import { isLoopback } from '../config/allowed-origins.ts';
import type { CallerRequest, CallerResponse } from '../runtime/caller-exchange.ts';

type Addressed = Pick<CallerRequest, 'url' | 'headers'>;
type LocalResponse = Pick<CallerResponse, 'writeHead'>;
type Listener<Request, Response> = (request: Request, response: Response) => void;

/**
 * @param serve handles requests to loopback names and to `hosts`
 * @param hosts additional accepted host names, in lower case and without a port
 */
export function onlyByLocalName<Request extends Addressed, Response extends LocalResponse>(
  serve: Listener<Request, Response>,
  hosts: readonly string[] = [],
): Listener<Request, Response> {
  return (request, response) => {
    const hostname = authorityOf(request)?.hostname ?? '';
    if (isLoopback(hostname) || hosts.includes(hostname)) serve(request, response);
    else refuse(response, 421, BY_ANOTHER_NAME);
  };
}

/** @param serve handles all requests except those from web pages with other origins */
export function onlySameOrigin<Request extends Addressed, Response extends LocalResponse>(
  serve: Listener<Request, Response>,
): Listener<Request, Response> {
  return (request, response) => {
    const { origin, 'sec-fetch-site': site = 'none' } = request.headers;
    const isOwn = origin === undefined || origin === authorityOf(request)?.origin;
    if (isOwn && (site === 'none' || site === 'same-origin')) serve(request, response);
    else refuse(response, 403, ACROSS_SITES);
  };
}

const BY_ANOTHER_NAME =
  'The sandbox accepts only requests to 127.0.0.1, localhost or [::1]. Send the request to one of these names.\n';
const ACROSS_SITES =
  'The sandbox rejects requests from web pages of another origin. Send the request from a program, without the headers Origin and Sec-Fetch-Site.\n';

/** An absolute request target takes precedence over the `Host` header (RFC 9112, 3.2.2). */
function authorityOf({ url = '', headers: { host = '' } }: Addressed): URL | undefined {
  return URL.parse(url.startsWith('/') || url === '*' ? `http://${host}` : url) ?? undefined;
}

function refuse(response: LocalResponse, status: number, text: string): void {
  response.writeHead(status, ['content-type', 'text/plain', 'connection', 'close']).end(text);
}
