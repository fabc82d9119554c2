// Creates the control routes' responses: health, the caller's own identity and grants, and metrics.
import { matchingPatterns } from '../auth/grants.ts';
import type { Access } from '../auth/grants.ts';
import type { Caller } from '../auth/verify-token.ts';
import type { CallerPattern } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { CallerRequest, CallerResponse } from '../runtime/caller-exchange.ts';
import { readQuery } from '../s3/target.ts';
import { explainResponse, hintWithoutGrants, scopeFields, readExplainRequest } from './explain-route.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

export interface ControlParts {
  authenticate(request: CallerRequest): MaybePromise<Caller>;
  accessOf(caller: Caller): ReadonlyMap<string, Access>;
  sessionNameOf(caller: Caller): string;
  isReady(): boolean;
  readonly metrics: Metrics;
  /** Callers that may read /-/metrics; undefined if metrics are served on a separate port. */
  readonly operators: readonly CallerPattern[] | undefined;
}

/** @throws Fault token_…, parameter_…, not_granted */
export type RespondToControl = (context: RequestContext) => void | Promise<void>;

/** The control routes, with the descriptions that appear in docs/reference/http-api.md. */
export const CONTROL_ROUTES = [
  [
    '/-/live',
    'Responds with 200 as long as the process runs. Use this route for liveness probes. It calls no upstream.',
  ],
  [
    '/-/ready',
    'Responds with 200 once the bridge has an identity token and has assumed at least one role. Use this route for readiness probes. It calls no upstream.',
  ],
  ['/-/whoami', 'Your identity, as the bridge has verified it, and what you may read.'],
  [
    '/-/explain',
    'Which of your grants allows a read, or why none does. Parameters: `bucket`, `action` (`get` by default, or another value that `allow` accepts), and `key` (or `prefix` if the action is `list`).',
  ],
  [
    '/-/metrics',
    'Prometheus metrics. The main port requires the token of a caller in `operators`; a separate metrics port requires no token.',
  ],
] as const;

type ControlPath = (typeof CONTROL_ROUTES)[number][0];
/** By path. */
export type ControlResponses = ReadonlyMap<string, RespondToControl>;

export function controlResponses(parts: ControlParts): ControlResponses {
  const callerOf = async (context: RequestContext): Promise<Caller> => {
    // As on data paths, a token in the URL is rejected even if the headers contain a valid token.
    queryOf(context.request);
    const caller = await parts.authenticate(context.request);
    context.caller = caller;
    return caller;
  };
  const responses: Readonly<Record<ControlPath, RespondToControl>> = {
    '/-/live': (context) => {
      context.operation = 'live';
      sendJson(context.response, 200, { status: 'up' });
    },
    '/-/ready': (context) => {
      context.operation = 'ready';
      const isReady = parts.isReady();
      sendJson(context.response, isReady ? 200 : 503, { status: isReady ? 'up' : 'down' });
    },
    '/-/whoami': async (context) => {
      context.operation = 'whoami';
      const caller = await callerOf(context);
      context.bytes = sendJson(context.response, 200, whoami(parts, caller));
    },
    '/-/explain': async (context) => {
      context.operation = 'explain';
      const explained = readExplainRequest(queryOf(context.request));
      const { kind, bucket, subject } = explained.read;
      Object.assign(context, { bucket, [kind === 'list' ? 'prefix' : 'key']: subject });
      const caller = await callerOf(context);
      const document = explainResponse(explained, caller, parts.accessOf(caller));
      context.bytes = sendJson(context.response, 200, document);
    },
    '/-/metrics': async (context) => {
      context.operation = 'metrics';
      const caller = await callerOf(context);
      if (parts.operators === undefined || matchingPatterns(caller, parts.operators).length === 0)
        throw new Fault('not_granted');
      const text = Buffer.from(await parts.metrics.render());
      context.bytes = text.length;
      const headers = ['content-type', parts.metrics.contentType, 'content-length', String(text.length)];
      context.response.writeHead(200, headers).end(text);
    },
  };
  return new Map(Object.entries(responses));
}

const queryOf = ({ url = '' }: CallerRequest): ReadonlyMap<string, string> =>
  readQuery(/\?(.*)$/s.exec(url)?.[1] ?? '');

/** @returns the bytes of the body */
function sendJson(response: CallerResponse, status: number, document: object): number {
  const body = Buffer.from(JSON.stringify(document));
  const headers = ['cache-control', 'no-store', 'content-type', 'application/json'];
  response.writeHead(status, [...headers, 'content-length', String(body.length)]).end(body);
  return body.length;
}

/** Shows callers only their own identity and grants: no role ARNs, and no other callers' grants. */
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
