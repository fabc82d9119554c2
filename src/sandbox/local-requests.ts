// Protects the sandbox from web pages: rejects cross-site requests, and requests whose host name is not local (DNS rebinding).
import { isLoopback } from '../config/allowed-origins.ts';
import type { CallerResponse } from '../runtime/caller-exchange.ts';
import { authorityOf, isFromOtherOrigin } from '../runtime/request-origin.ts';
import type { Addressed } from '../runtime/request-origin.ts';

type LocalResponse = Pick<CallerResponse, 'writeHead'>;
type Listener<Request, Response> = (request: Request, response: Response) => void;

/**
 * @param serve handles requests to loopback names and to names for which `isAlsoLocal` returns true
 * @param isAlsoLocal whether to accept a different host name; called with the name in lower case and without a port
 */
export function onlyByLocalName<Request extends Addressed, Response extends LocalResponse>(
  serve: Listener<Request, Response>,
  isAlsoLocal: (hostname: string) => boolean = () => false,
): Listener<Request, Response> {
  return (request, response) => {
    const hostname = authorityOf(request)?.hostname ?? '';
    if (isLoopback(hostname) || isAlsoLocal(hostname)) serve(request, response);
    else refuse(response, 421, BY_ANOTHER_NAME);
  };
}

/** @param serve handles all requests except those from web pages with other origins */
export function onlySameOrigin<Request extends Addressed, Response extends LocalResponse>(
  serve: Listener<Request, Response>,
): Listener<Request, Response> {
  return (request, response) => {
    if (isFromOtherOrigin(request)) refuse(response, 403, ACROSS_SITES);
    else serve(request, response);
  };
}

const BY_ANOTHER_NAME =
  'The sandbox accepts only requests to 127.0.0.1, localhost or [::1]. Send the request to one of these names.\n';
const ACROSS_SITES =
  'The sandbox rejects requests from web pages on other origins. Send the request from a program, without the headers Origin and Sec-Fetch-Site.\n';

function refuse(response: LocalResponse, status: number, text: string): void {
  response.writeHead(status, ['content-type', 'text/plain', 'connection', 'close']).end(text);
}
