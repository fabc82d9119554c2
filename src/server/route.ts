// Takes requests from the server: gives each its record, its turn on its connection, and its route.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isQueryForm } from '../s3/query-operation.ts';
import type { AccessLog, AccessRecord } from '../observability/access-log.ts';
import { sendCors } from '../api/responses/cors.ts';
import type { CorsRules } from '../api/responses/cors.ts';
import type { DataRoute } from '../api/data.ts';
import type { StallTimeouts } from './stall-timeout.ts';

/** Requests that one connection may send ahead of their answers. Clients that do so at all send a few. */
const MAX_PIPELINED = 16;

/** By then a start has served its first object. */
const CONTROL_AFTER_MS = 2_000;

/**
 * @param parts.control makes the app of the control routes, which finds the record of a request with the function given;
 * called once, when it is needed or soon after a start
 */
export function createRouter(parts: {
  readonly accessLog: AccessLog;
  readonly control: (recordOf: (request: IncomingMessage) => AccessRecord) => Promise<RequestListener>;
  readonly data: DataRoute;
  readonly cors: CorsRules | undefined;
  readonly stalled: StallTimeouts;
}): RequestListener {
  const { accessLog, data, cors, stalled } = parts;
  const records = new WeakMap<IncomingMessage, AccessRecord>();
  let control: Promise<RequestListener> | undefined;
  const loadControl = (): Promise<RequestListener> =>
    (control ??= parts.control((asked) => records.get(asked) ?? accessLog.begin(asked)));
  // Not hours later, when the files of a clone may be another version's.
  setTimeout(() => void loadControl(), CONTROL_AFTER_MS).unref();
  const askControl: RequestListener = (request, response) => {
    void loadControl().then((app) => {
      app(request, response);
    });
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const record = accessLog.begin(request);
    const watched = stalled.watch(request, response, record);
    response.on('close', () => {
      stalled.forget(watched);
      accessLog.finish(record, request, response);
    });
    if (cors !== undefined && sendCors(cors, request, response)) {
      record.operation = 'preflight';
    } else if (isControl(request.url)) {
      records.set(request, record);
      record.operation = 'control';
      askControl(request, response);
    } else void data(request, response, record);
  };

  const waiting = new WeakMap<Socket, number>();
  return (request, response) => {
    if (response.socket !== null) {
      serve(request, response);
      return;
    }
    // A pipelined request waits for the answers before it: served at once it could not be cut, and one connection that
    // takes nothing could hold every place.
    const { socket } = request;
    const ahead = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, ahead);
    if (ahead > MAX_PIPELINED) socket.destroy();
    response.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
      serve(request, response);
    });
  };
}

/** Under `/-/` no bucket name can be; two routes there are reads like any other. */
function isControl(url = ''): boolean {
  return url.startsWith('/-/') && !isQueryForm(url);
}
