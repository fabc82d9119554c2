// Responds to each control route with health, the caller's own identity and grants, credentials for SDKs, metrics, or the
// description of the API.
import { containerToken } from '../auth/presented-token.ts';
import { authorizeOperator } from '../auth/operators.ts';
import type { Caller } from '../auth/caller.ts';
import { Fault } from '../errors/fault.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { CallerRequest, CallerResponse } from '../runtime/caller-exchange.ts';
import { readQuery } from '../s3/target.ts';
import type { ControlPath } from './control-paths.ts';
import { credentialsResponse, readCredentialsRequest } from './credentials-route.ts';
import { explainResponse, readExplainRequest } from './explain-route.ts';
import { explainVending, readVendingQuestion } from './explain-vending.ts';
import { formReader } from './request-form.ts';
import { assumeRoleWithWebIdentity } from './sts-route.ts';
import { vendCredentials } from './vending.ts';
import type { VendingSteps } from './vending.ts';
import { whoami } from './whoami-route.ts';
import type { WhoamiParts } from './whoami-route.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

export interface ControlParts extends WhoamiParts {
  /** @param tokenIn finds the token in the request; the default reads the same headers as for an object request */
  authenticate(request: CallerRequest, tokenIn?: (request: CallerRequest) => string): MaybePromise<Caller>;
  /** Issues AWS credentials (vending.ts). */
  readonly vend: VendingSteps['vend'];
  readonly logVended: VendingSteps['logVended'];
  isReady(): boolean;
  readonly metrics: Metrics;
  /** Whether a separate port serves the metrics without a token. If so, the main port does not serve the metrics. */
  readonly metricsAreOpen: boolean;
  /** Returns the JSON document that /-/egress sends. */
  egress(): object;
}

/** @throws Fault token_…, parameter_…, web_identity_…, not_granted */
export type RespondToControl = (context: RequestContext) => void | Promise<void>;

/** Maps each path to the function that responds to it. */
export type ControlResponses = ReadonlyMap<string, RespondToControl>;

export function controlResponses(parts: ControlParts): ControlResponses {
  const callerOf = async (
    context: RequestContext,
    tokenIn?: (request: CallerRequest) => string,
  ): Promise<Caller> => {
    // Rejects a token in the URL even if the headers contain a valid token, as on data paths.
    queryOf(context.request);
    const caller = await parts.authenticate(context.request, tokenIn);
    context.caller = caller;
    return caller;
  };
  /** @throws Fault token_…, not_granted */
  const operatorOf = async (context: RequestContext): Promise<void> => {
    authorizeOperator(await callerOf(context), parts.operators);
  };
  const stsParts = {
    readForm: formReader(),
    authenticate: async (context: RequestContext, tokenIn: (request: CallerRequest) => string) => {
      const caller = await callerOf(context, tokenIn);
      parts.accessOf(caller);
      return caller;
    },
    sessionNameOf: parts.sessionNameOf,
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
      context.documentBytes = sendJson(context.response, 200, whoami(parts, caller));
    },
    '/-/explain': async (context) => {
      context.operation = 'explain';
      const query = queryOf(context.request);
      if (query.get('action') === 'vend') {
        const bucket = readVendingQuestion(query);
        context.bucket = bucket;
        const caller = await callerOf(context);
        context.documentBytes = sendJson(
          context.response,
          200,
          explainVending(bucket, caller, parts.accessOf(caller)),
        );
        return;
      }
      const explained = readExplainRequest(query);
      const { kind, bucket, subject } = explained.read;
      Object.assign(context, { bucket, [kind === 'list' ? 'prefix' : 'key']: subject });
      const caller = await callerOf(context);
      const document = explainResponse(explained, caller, parts.accessOf(caller));
      context.documentBytes = sendJson(context.response, 200, document);
    },
    '/-/credentials': async (context) => {
      const query = queryOf(context.request);
      if (query.get('mode') === 'aws') {
        const authenticate = (): Promise<Caller> => callerOf(context, containerToken);
        const { accessOf, vend, logVended } = parts;
        await vendCredentials(context, query, { authenticate, accessOf, vend, logVended });
        return;
      }
      context.operation = 'credentials';
      const { mode, bucket } = readCredentialsRequest(query);
      context.bucket = bucket;
      const caller = await callerOf(context, containerToken);
      const access = parts.accessOf(caller);
      const document = await credentialsResponse(mode, { context, caller, bucket, access });
      context.documentBytes = sendJson(context.response, 200, document);
    },
    '/-/sts': async (context) => {
      context.operation = 'sts';
      const { request, response, requestId } = context;
      response.setHeader('x-amzn-requestid', requestId);
      const document = await assumeRoleWithWebIdentity(context, queryOf(request), stsParts);
      context.documentBytes = send(response, 200, ['text/xml', document]);
    },
    '/-/egress': async (context) => {
      context.operation = 'egress';
      await operatorOf(context);
      context.documentBytes = sendJson(context.response, 200, parts.egress());
    },
    '/-/metrics': async (context) => {
      context.operation = 'metrics';
      await operatorOf(context);
      if (parts.metricsAreOpen) throw new Fault('not_granted');
      const text = Buffer.from(await parts.metrics.render());
      context.documentBytes = text.length;
      const headers = ['content-type', parts.metrics.contentType, 'content-length', String(text.length)];
      context.response.writeHead(200, headers).end(text);
    },
    '/-/openapi.json': async (context) => {
      context.operation = 'openapi';
      // The module is loaded on first use, because most processes never serve the document.
      const { openapiDocument } = await import('./openapi-document.ts');
      context.documentBytes = send(context.response, 200, ['application/json', openapiDocument()]);
    },
  };
  return new Map([...Object.entries(responses), ['/-/sts/', responses['/-/sts']]]);
}

const queryOf = ({ url = '' }: CallerRequest): ReadonlyMap<string, string> =>
  readQuery(/\?(.*)$/s.exec(url)?.[1] ?? '');

const sendJson = (response: CallerResponse, status: number, document: object): number =>
  send(response, status, ['application/json', JSON.stringify(document)]);

/** @returns the size of the body in bytes */
function send(response: CallerResponse, status: number, [type, text]: readonly [string, string]): number {
  const body = Buffer.from(text);
  const headers = ['cache-control', 'no-store', 'content-type', type];
  response.writeHead(status, [...headers, 'content-length', String(body.length)]).end(body);
  return body.length;
}
