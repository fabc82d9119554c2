// The control routes under `/-/`, where no bucket name can be: health, the caller's own identity and grants, metrics.
import express from 'express';
import type { Express, Request, Response } from 'express';
import { matchingPatterns } from '../auth/grants.ts';
import type { Access } from '../auth/grants.ts';
import type { Caller } from '../auth/verify-token.ts';
import type { CallerPattern } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { MaybeAsync } from '../runtime/maybe-async.ts';
import { readQuery } from '../s3/target.ts';
import { explainResponse, hintWithoutGrants, scopeFields, readExplainRequest } from './explain-route.ts';
import { callerFault } from './caller-fault.ts';
import { sendFault, faultResponse } from './responses/fault.ts';

export interface ControlParts {
  authenticate(request: Request): MaybeAsync<Caller>;
  accessOf(caller: Caller): ReadonlyMap<string, Access>;
  sessionNameOf(caller: Caller): string;
  isReady(): boolean;
  readonly metrics: Metrics;
  /** Who may read metrics here; undefined if metrics have a port of their own. */
  readonly operators: readonly CallerPattern[] | undefined;
}

/** The routes, each with a sentence that the README's table must repeat. */
export const CONTROL_ROUTES = [
  ['/-/live', 'The process runs. For liveness probes; asks nobody.'],
  [
    '/-/ready',
    'The bridge holds an identity token and has assumed at least one role. For readiness probes; asks nobody.',
  ],
  ['/-/whoami', 'Who the bridge thinks you are, and what you may read.'],
  [
    '/-/explain',
    'Which grant of yours decides about a read, or why none does. Parameters: `bucket`; `action`, a word of grants, else `get`; `key`, or for `list` `prefix`.',
  ],
  ['/-/metrics', 'Prometheus metrics, for callers named in `operators`, or on a port of its own.'],
] as const;

/** @param contextOf returns the context of a request in progress */
export function controlRoutes(parts: ControlParts, contextOf: (request: Request) => RequestContext): Express {
  const queryOf = (request: Request): ReadonlyMap<string, string> =>
    readQuery(/\?(.*)$/s.exec(request.url)?.[1] ?? '');
  const callerOf = async (request: Request): Promise<Caller> => {
    // As on data paths, a token in the URL is rejected even beside a valid one.
    queryOf(request);
    const caller = await parts.authenticate(request);
    contextOf(request).caller = caller;
    return caller;
  };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false);
  app.use((request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new Fault('method_not_allowed');
    response.setHeader('x-request-id', contextOf(request).requestId);
    next();
  });
  app.get('/-/live', (request, response) => {
    contextOf(request).operation = 'live';
    sendJson(response, 200, { status: 'up' });
  });
  app.get('/-/ready', (request, response) => {
    contextOf(request).operation = 'ready';
    sendJson(response, parts.isReady() ? 200 : 503, { status: parts.isReady() ? 'up' : 'down' });
  });
  app.get('/-/whoami', async (request, response) => {
    contextOf(request).operation = 'whoami';
    contextOf(request).bytes = sendJson(response, 200, whoami(parts, await callerOf(request)));
  });
  app.get('/-/explain', async (request, response) => {
    const context = contextOf(request);
    context.operation = 'explain';
    const explained = readExplainRequest(queryOf(request));
    const { kind, bucket, subject } = explained.read;
    Object.assign(context, { bucket, [kind === 'list' ? 'prefix' : 'key']: subject });
    const caller = await callerOf(request);
    context.bytes = sendJson(response, 200, explainResponse(explained, caller, parts.accessOf(caller)));
  });
  app.get('/-/metrics', async (request, response) => {
    contextOf(request).operation = 'metrics';
    const caller = await callerOf(request);
    if (parts.operators === undefined || matchingPatterns(caller, parts.operators).length === 0)
      throw new Fault('not_granted');
    const text = await parts.metrics.render();
    contextOf(request).bytes = Buffer.byteLength(text);
    response.setHeader('content-type', parts.metrics.contentType);
    response.end(text);
  });
  app.use(() => {
    throw new Fault('route_unknown');
  });
  app.use((error: unknown, request: Request, _response: Response, _next: unknown) => {
    const context = contextOf(request);
    context.fault = callerFault(error, context.caller);
    sendFault(context, faultResponse(context.fault, context.requestId, false));
  });
  return app;
}

/** @returns the bytes of the body */
function sendJson(response: Response, status: number, document: object): number {
  const body = Buffer.from(JSON.stringify(document));
  response
    .status(status)
    .setHeader('cache-control', 'no-store')
    .setHeader('content-type', 'application/json');
  response.end(body);
  return body.length;
}

/** Callers learn about themselves only: neither roles' ARNs nor other callers' grants. */
function whoami(parts: ControlParts, caller: Caller): object {
  const access = [...parts.accessOf(caller)].sort(([a], [b]) => (a < b ? -1 : 1));
  const hint = access.length === 0 ? hintWithoutGrants(caller) : undefined;
  return {
    email: caller.email ?? null,
    uniqueId: caller.subject,
    sessionName: parts.sessionNameOf(caller),
    ...(hint === undefined ? {} : { hint }),
    mayRead: access.flatMap(([bucket, { grants }]) =>
      grants.map(({ allow, scope }) => ({ bucket, ...scopeFields(scope), allow })),
    ),
  };
}
