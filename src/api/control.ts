// The control routes under `/-/`, where no bucket name can be: is the bridge up, who am I here, what does it cost.
import express from 'express';
import type { Express, Request, Response } from 'express';
import { namesOf } from '../auth/grants.ts';
import type { Access } from '../auth/grants.ts';
import type { Caller } from '../auth/caller.ts';
import type { CallerPattern } from '../config/types.ts';
import { asFault, Fault } from '../errors/fault.ts';
import type { Metrics } from '../observability/metrics.ts';
import { readQuery } from '../s3/query.ts';
import type { AccessRecord } from '../observability/access-log.ts';
import { explainResponse, NO_EMAIL_HINT, reachOf, readExplainRequest } from './explain.ts';
import { sendFault, faultResponse } from './responses/fault.ts';

export interface ControlParts {
  authenticate(request: Request): Caller | Promise<Caller>;
  accessOf(caller: Caller): ReadonlyMap<string, Access>;
  sessionNameOf(caller: Caller): string;
  isReady(): boolean;
  readonly metrics: Metrics;
  /** Who may read metrics here; undefined where they have a port of their own. */
  readonly operators: readonly CallerPattern[] | undefined;
}

/** The routes, with what each tells: README's table is compared with this. */
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

/** @param recordOf the record of a request under way */
export function controlRoutes(parts: ControlParts, recordOf: (request: Request) => AccessRecord): Express {
  const queryOf = (request: Request): ReadonlyMap<string, string> =>
    readQuery(/\?(.*)$/s.exec(request.url)?.[1] ?? '');
  const callerOf = async (request: Request): Promise<Caller> => {
    // As on data paths, a token in the URL is refused even beside a good one.
    queryOf(request);
    const caller = await parts.authenticate(request);
    recordOf(request).caller = caller;
    return caller;
  };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false);
  app.use((request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new Fault('method_not_allowed');
    response.setHeader('x-request-id', recordOf(request).requestId);
    next();
  });
  app.get('/-/live', (request, response) => {
    recordOf(request).operation = 'live';
    tell(response, 200, { status: 'up' });
  });
  app.get('/-/ready', (request, response) => {
    recordOf(request).operation = 'ready';
    tell(response, parts.isReady() ? 200 : 503, { status: parts.isReady() ? 'up' : 'down' });
  });
  app.get('/-/whoami', async (request, response) => {
    recordOf(request).operation = 'whoami';
    recordOf(request).bytes = tell(response, 200, whoami(parts, await callerOf(request)));
  });
  app.get('/-/explain', async (request, response) => {
    const record = recordOf(request);
    record.operation = 'explain';
    const question = readExplainRequest(queryOf(request));
    const { kind, bucket, subject } = question.read;
    Object.assign(record, { bucket, [kind === 'list' ? 'prefix' : 'key']: subject });
    const caller = await callerOf(request);
    record.bytes = tell(response, 200, explainResponse(question, caller, parts.accessOf(caller)));
  });
  app.get('/-/metrics', async (request, response) => {
    recordOf(request).operation = 'metrics';
    const caller = await callerOf(request);
    if (parts.operators === undefined || namesOf(caller, parts.operators).length === 0)
      throw new Fault('not_granted');
    const text = await parts.metrics.render();
    recordOf(request).bytes = Buffer.byteLength(text);
    response.setHeader('content-type', parts.metrics.contentType);
    response.end(text);
  });
  app.use(() => {
    throw new Fault('route_unknown');
  });
  app.use((error: unknown, request: Request, response: Response, _next: unknown) => {
    const record = recordOf(request);
    record.fault = asFault(error);
    const told = faultResponse(record.fault, record.requestId, false);
    record.bytes = sendFault(request, response, record.requestId, told);
  });
  return app;
}

/** @returns the bytes of the body */
function tell(response: Response, status: number, document: object): number {
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
  return {
    email: caller.email ?? null,
    uniqueId: caller.subject,
    sessionName: parts.sessionNameOf(caller),
    ...(caller.email === undefined && access.length === 0 ? { hint: NO_EMAIL_HINT } : {}),
    mayRead: access.flatMap(([bucket, { grants }]) =>
      grants.map(({ allow, scope }) => ({ bucket, ...reachOf(scope), allow })),
    ),
  };
}
