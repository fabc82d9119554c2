// Routes requests under `/-/` to the control responses. No such path can name a bucket, because no bucket name begins with `-`.
import { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import type { Express, Request, Response } from 'express';
import { Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import { controlResponses } from './control-responses.ts';
import type { ControlParts, ControlResponses } from './control-responses.ts';
import { isStsPath } from './responses/error-format.ts';
import { callerFault, faultResponse, sendFault } from './responses/fault.ts';

/** Responds to a request. Sends an error response for every fault, and never throws. */
export type ControlRoute = (context: RequestContext) => void;

export function controlRoutes(parts: ControlParts): ControlRoute {
  const responses = controlResponses(parts);
  const contexts = new WeakMap<CallerRequest, RequestContext>();
  const app = expressApp(responses, (request) => {
    const context = contexts.get(request);
    if (context === undefined)
      throw new Error('a control route received a request without a request context');
    return context;
  });
  return (context) => {
    const { request, response } = context;
    if (request instanceof IncomingMessage && response instanceof ServerResponse) {
      contexts.set(request, context);
      app(request, response);
    } else void respondOverHttp2(responses, context);
  };
}

function expressApp(
  responses: ControlResponses,
  contextOf: (request: CallerRequest) => RequestContext,
): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false);
  app.use((request, _response, next) => {
    begin(contextOf(request));
    next();
  });
  for (const [path, respond] of responses) app.all(path, (request) => respond(contextOf(request)));
  app.use(() => {
    throw new Fault('route_unknown');
  });
  app.use((error: unknown, request: Request, _response: Response, _next: unknown) => {
    sendError(contextOf(request), error);
  });
  return app;
}

/**
 * Responds without Express. Express 5 supports only `node:http` requests, and an HTTP/2 request would crash the process
 * (expressjs/express#5347).
 */
async function respondOverHttp2(responses: ControlResponses, context: RequestContext): Promise<void> {
  try {
    begin(context);
    const [path = ''] = (context.request.url ?? '').split('?', 1);
    const respond = responses.get(path);
    if (respond === undefined) throw new Fault('route_unknown');
    await respond(context);
  } catch (error) {
    sendError(context, error);
  }
}

/** @throws Fault method_not_allowed, web_identity_method_invalid */
function begin({ request, response, requestId }: RequestContext): void {
  const { method } = request;
  if (isStsPath(request.url)) {
    if (method !== 'POST') throw new Fault('web_identity_method_invalid');
  } else if (method !== 'GET' && method !== 'HEAD') throw new Fault('method_not_allowed');
  response.setHeader('x-request-id', requestId);
}

function sendError(context: RequestContext, error: unknown): void {
  const { request, response, requestId } = context;
  // After a disconnect, an error that is not a fault only means that the caller had not sent its whole request.
  if (response.destroyed && !(error instanceof Fault)) return;
  context.fault = callerFault(error, context.caller);
  sendFault(context, faultResponse(context.fault, requestId, isStsPath(request.url) ? 'sts' : 'bearer'));
}
