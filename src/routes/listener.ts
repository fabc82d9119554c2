// Takes requests from the server: gives each its record, its turn on its connection, and its route.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { isByQuery } from '../s3/query-operation.ts';
import type { AccessLog, AccessRecord } from './access-log.ts';
import { answerCors } from './cors.ts';
import type { CorsRules } from './cors.ts';
import type { DataRoute } from './data.ts';
import { cutStalledReader } from './stalled-reader.ts';

/**
 * @param parts.control makes the app of the control routes, which finds the record of a request with the function given
 * @param parts.stallMs the server's own timer
 */
export function createListener(parts: {
  readonly accessLog: AccessLog;
  readonly control: (recordOf: (request: IncomingMessage) => AccessRecord) => Express;
  readonly data: DataRoute;
  readonly cors: CorsRules | undefined;
  readonly stallMs: number;
}): RequestListener {
  const { accessLog, data, cors, stallMs } = parts;
  const records = new WeakMap<IncomingMessage, AccessRecord>();
  const control = parts.control((request) => records.get(request) ?? accessLog.begin(request));

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const record = accessLog.begin(request);
    response.once('close', () => {
      accessLog.finish(record, request, response);
    });
    cutStalledReader(request, response, record, stallMs);
    if (cors !== undefined && answerCors(cors, request, response)) {
      record.operation = 'preflight';
    } else if (isControl(request.url)) {
      records.set(request, record);
      record.operation = 'control';
      control(request, response);
    } else void data(request, response, record);
  };

  return (request, response) => {
    // A pipelined request waits for the answers before it: served at once it could not be cut, and one connection that
    // takes nothing could hold every place.
    if (response.socket === null)
      response.once('socket', () => {
        serve(request, response);
      });
    else serve(request, response);
  };
}

/** Under `/-/` no bucket name can be; two routes there are reads like any other. */
function isControl(url = ''): boolean {
  return url.startsWith('/-/') && !isByQuery(url);
}
