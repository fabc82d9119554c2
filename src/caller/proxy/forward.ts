// The proxy's request handler. It checks the client, gets a token, sends the request to the bridge, and returns the response.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { isSigned } from '../../auth/presented-token.ts';
import { faultResponse, sendFault } from '../../api/responses/fault.ts';
import { describeProblem } from '../../config/problem.ts';
import { asFault, Fault } from '../../errors/fault.ts';
import type { CallerToken } from '../caller-token.ts';
import { tokenProblem } from '../token-problem.ts';
import { hasBody, responseHeaders } from './forwarded-headers.ts';
import type { Upstream } from './upstream.ts';

export interface ForwardParts {
  /** @throws Fault proxy_…_rejected, proxy_target_not_path */
  checkClient(request: IncomingMessage): void;
  readonly token: CallerToken;
  readonly upstream: Upstream;
  /** Called after each request to the bridge, with the fault, or with undefined if the bridge responded. */
  onResponse(fault: Fault | undefined): void;
}

export function createForwarder(
  parts: ForwardParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    forward(parts, request, response).catch((error: unknown) => {
      respondWithFault(request, response, asFault(error));
    });
  };
}

async function forward(
  parts: ForwardParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  parts.checkClient(request);
  checkRoute(request.url);
  const token = await tokenOf(parts.token);
  // The client may have disconnected while the proxy was getting the token.
  if (response.destroyed) return;
  const first = await send(parts, { request, response, token });
  const received = isRejected(first, request)
    ? await sendAgain(parts, { request, response, token }, first)
    : first;
  if (isRedirect(received)) {
    received.destroy();
    throw new Fault('proxy_upstream_redirected');
  }
  response.writeHead(received.statusCode ?? 502, responseHeaders(received));
  // If the bridge aborts its response, `pipeline` aborts the response to the client, which therefore does not look complete.
  pipeline(received, response, () => undefined);
}

/**
 * The bridge's routes to which the proxy forwards requests. The proxy rejects the routes that return the token itself or AWS
 * credentials, because a client could use these without the proxy.
 */
const FORWARDED_ROUTES = /^\/-\/(?:live|ready|whoami|explain|objects?)$/;

function checkRoute(url = ''): void {
  const [path = ''] = url.split('?');
  // The bridge treats every path that begins with `/-` as one of its own routes or as an invalid bucket name.
  if (/^\/-(?:\/|$)/.test(path) && !FORWARDED_ROUTES.test(path)) throw new Fault('proxy_route_rejected');
}

async function tokenOf(token: CallerToken): Promise<string> {
  try {
    return await token.get();
  } catch (error) {
    const fault = asFault(error);
    throw new Fault('proxy_token_unavailable', { error: fault.code }, describeProblem(tokenProblem(fault)));
  }
}

type Exchange = Parameters<Upstream['send']>[0];

async function send({ upstream, onResponse }: ForwardParts, exchange: Exchange): Promise<IncomingMessage> {
  try {
    const received = await upstream.send(exchange);
    onResponse(undefined);
    return received;
  } catch (error) {
    const fault = asFault(error);
    // Does not report a failure that the client caused by disconnecting.
    if (!exchange.response.destroyed) onResponse(fault);
    throw fault;
  }
}

/**
 * Whether the bridge rejected the token and the request can be sent again. A request with a body cannot, because the proxy does
 * not keep the body.
 */
const isRejected = ({ statusCode }: IncomingMessage, request: IncomingMessage): boolean =>
  statusCode === 401 && !hasBody(request);

/** @returns the response to a second attempt with another token, or the first response if there is no other token */
async function sendAgain(
  parts: ForwardParts,
  exchange: Exchange,
  first: IncomingMessage,
): Promise<IncomingMessage> {
  const other = await parts.token.replace(exchange.token);
  if (other === undefined) return first;
  first.resume();
  return send(parts, { ...exchange, token: other });
}

const isRedirect = ({ statusCode = 0, headers }: IncomingMessage): boolean =>
  statusCode >= 300 && statusCode < 400 && headers.location !== undefined;

function respondWithFault(request: IncomingMessage, response: ServerResponse, fault: Fault): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // The connection cannot be reused, because the rest of the request body is never read.
  if (hasBody(request)) response.setHeader('connection', 'close');
  const requestId = `proxy-${randomBytes(8).toString('hex')}`;
  sendFault(
    { request, response, requestId, documentBytes: 0 },
    faultResponse(fault, requestId, isSigned(request) ? 's3' : 'bearer'),
  );
}
