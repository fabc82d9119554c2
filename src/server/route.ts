// Routes each request from the server: gives it a context, and its turn on its connection.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DataRoute } from '../api/read-handler.ts';
import { sendCors } from '../api/responses/cors.ts';
import type { CorsRules } from '../api/responses/cors.ts';
import type { RequestContext } from '../observability/request-context.ts';
import { isQueryForm } from '../s3/parse-operation.ts';
import { originForm } from '../s3/target.ts';
import type { StallTimeouts } from './stall-timeout.ts';

/** Requests that one connection may send before it receives their responses. Clients that pipeline at all send a few. */
const MAX_PIPELINED = 16;

/** By then a new process has served its first object. */
const LOAD_CONTROL_AFTER_MS = 2_000;

/**
 * @param parts.control creates the app of the control routes, which finds the context of a request with the function given. Called
 * once, on the first control request or soon after the start
 */
export function createRouter(parts: {
  readonly createContext: (request: IncomingMessage, response: ServerResponse) => RequestContext;
  readonly logRequest: (context: RequestContext) => void;
  readonly control: (contextOf: (request: IncomingMessage) => RequestContext) => Promise<RequestListener>;
  readonly data: DataRoute;
  readonly cors: CorsRules | undefined;
  readonly stallTimeouts: StallTimeouts;
}): RequestListener {
  const { createContext, logRequest, data, cors, stallTimeouts } = parts;
  const contexts = new WeakMap<IncomingMessage, RequestContext>();
  const contextOf = (request: IncomingMessage): RequestContext => {
    const context = contexts.get(request);
    if (context === undefined) throw new Error('a control route got a request without a context');
    return context;
  };
  let control: Promise<RequestListener> | undefined;
  const loadControl = (): Promise<RequestListener> => (control ??= parts.control(contextOf));
  // Not hours later, when the files of a clone may be of another version.
  setTimeout(() => void loadControl(), LOAD_CONTROL_AFTER_MS).unref();
  const serveControl: RequestListener = (request, response) => {
    void loadControl().then((app) => {
      app(request, response);
    });
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { url } = request;
    // Before anything reads or logs it. Nearly all targets are paths.
    if (url?.startsWith('/') === false) request.url = originForm(url);
    const context = createContext(request, response);
    const watched = stallTimeouts.watch(context);
    response.on('close', () => {
      stallTimeouts.forget(watched);
      logRequest(context);
      // After the log line: what the cancellation ends must not change it.
      if (!response.writableFinished) context.cancellation.abort();
    });
    if (cors !== undefined && sendCors(cors, request, response)) {
      context.operation = 'preflight';
    } else if (isControl(request.url)) {
      contexts.set(request, context);
      context.operation = 'control';
      serveControl(request, response);
    } else void data(context);
  };

  const pipelined = new WeakMap<Socket, number>();
  return (request, response) => {
    if (response.socket !== null) {
      serve(request, response);
      return;
    }
    // A pipelined request waits for the responses before it. Served at once it could not be aborted, and one connection that
    // receives nothing could take every slot.
    const { socket } = request;
    const waiting = (pipelined.get(socket) ?? 0) + 1;
    pipelined.set(socket, waiting);
    if (waiting > MAX_PIPELINED) socket.destroy();
    response.once('socket', () => {
      pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1);
      serve(request, response);
    });
  };
}

/** Under `/-/` no bucket name can be; two routes there are reads like any other. */
function isControl(url = ''): boolean {
  return url.startsWith('/-/') && !isQueryForm(url);
}
