// Creates a context for each request, and passes the request to the data or control routes. On an HTTP/1 connection, requests are
// handled in order.
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { ControlRoute } from '../api/control-routes.ts';
import type { Front } from '../api/landing-page.ts';
import type { DataRoute } from '../api/read-handler.ts';
import { sendCors } from '../api/responses/cors.ts';
import type { CorsRules } from '../api/responses/cors.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { CallerListener, CallerRequest, CallerResponse } from '../runtime/caller-exchange.ts';
import { isQueryForm } from '../s3/parse-operation.ts';
import { originForm } from '../s3/target.ts';
import type { StallTimeouts } from './stall-timeout.ts';

/**
 * How many requests a client may send on one connection before it receives their responses. Clients that pipeline send only a few
 * requests at once.
 */
const MAX_PIPELINED = 16;

/** The delay before the control routes are loaded, so that a new process can serve its first object earlier. */
const LOAD_CONTROL_AFTER_MS = 2_000;

export interface Router {
  /** Handles HTTP/1 requests. */
  readonly listener: RequestListener;
  /** Handles the streams of HTTP/2 connections. The streams do not wait for each other. */
  readonly streamListener: CallerListener;
}

/** @param parts.control creates the control routes. Called once, on the first control request or soon after startup */
export function createRouter(parts: {
  readonly createContext: (request: CallerRequest, response: CallerResponse) => RequestContext;
  readonly logRequest: (context: RequestContext) => void;
  readonly front: Front;
  readonly control: () => Promise<ControlRoute>;
  readonly data: DataRoute;
  readonly cors: CorsRules | undefined;
  readonly stallTimeouts: StallTimeouts;
}): Router {
  const { createContext, logRequest, front, data, cors, stallTimeouts } = parts;
  let control: Promise<ControlRoute> | undefined;
  const loadControl = (): Promise<ControlRoute> => (control ??= parts.control());
  // The control routes are loaded soon after startup, because an update of the Git clone may replace their files later.
  setTimeout(() => void loadControl(), LOAD_CONTROL_AFTER_MS).unref();
  const serve: CallerListener = (request, response) => {
    const { url } = request;
    // The target must be normalized before anything reads or logs the URL. Nearly all targets are already paths.
    if (url?.startsWith('/') === false) request.url = originForm(url);
    const context = createContext(request, response);
    const watched = stallTimeouts.watch(context);
    response.on('close', () => {
      stallTimeouts.forget(watched);
      logRequest(context);
      // Cancels the request after logging it, because errors that the cancellation causes must not appear in the log line.
      if (!response.writableFinished) context.cancellation.abort();
    });
    if (cors !== undefined && !isCredentials(request.url) && sendCors(cors, request, response)) {
      context.operation = 'preflight';
    } else if (front(context)) {
      // The landing page or the console has responded.
    } else if (isControl(request.url)) {
      context.operation = 'control';
      void loadControl().then((route) => {
        route(context);
      });
    } else void data(context);
  };

  const pipelined = new WeakMap<Socket, number>();
  const listener: RequestListener = (request, response) => {
    if (response.socket !== null) {
      serve(request, response);
      return;
    }
    // A pipelined request waits for the responses before it. If the bridge served it at once, its response could not be aborted,
    // and a client that reads nothing could occupy every slot with one connection.
    const { socket } = request;
    const waiting = (pipelined.get(socket) ?? 0) + 1;
    pipelined.set(socket, waiting);
    if (waiting > MAX_PIPELINED) socket.destroy();
    response.once('socket', () => {
      pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1);
      serve(request, response);
    });
  };
  return { listener, streamListener: serve };
}

/**
 * Whether a request is for a control route. No bucket's path can begin with `/-/`, but two of the routes under `/-/` are ordinary
 * reads.
 */
function isControl(url = ''): boolean {
  return url.startsWith('/-/') && !isQueryForm(url);
}

/**
 * Whether a request is for credentials, which no web page may read, whatever `cors` allows. The control routes accept no other
 * spelling of this path.
 */
const isCredentials = (url = ''): boolean => url.startsWith('/-/credentials');
