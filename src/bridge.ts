// Builds the parts from the configuration, joins the steps, and closes them: the drawing's wiring, and no logic of its own.
import type { IncomingMessage, RequestListener } from 'node:http';
import { authenticator } from './callers/authenticate.ts';
import type { Caller } from './callers/caller.ts';
import { grantIndex } from './callers/grants.ts';
import type { AccessOf } from './callers/grants.ts';
import { presentedToken } from './callers/presented-token.ts';
import { tokenVerifier } from './callers/verify-token.ts';
import type { Config } from './config.ts';
import { FAULTS } from './errors.ts';
import { asFault, Fault } from './fault.ts';
import { createSts } from './federation/assume-role.ts';
import { createFederation } from './federation/federate.ts';
import type { Federation } from './federation/federate.ts';
import { callerSessionName } from './federation/session-name.ts';
import { createIdentity } from './identity/identity.ts';
import type { Identity } from './identity/identity.ts';
import type { Log, Severity } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { createAccessLog } from './routes/access-log.ts';
import type { AccessRecord } from './routes/access-log.ts';
import { createAdmission } from './routes/admission.ts';
import { controlRoutes } from './routes/control.ts';
import { answerCors } from './routes/cors.ts';
import { dataRoute } from './routes/data.ts';
import { withIfRange } from './s3/if-range.ts';
import { AS_JSON, BY_QUERY } from './s3/query-operation.ts';
import { createReader } from './s3/read.ts';
import { createSigner } from './s3/signature.ts';
import { createTransport } from './s3/transport.ts';

export interface Bridge {
  readonly listener: RequestListener;
  /** Metrics without a token, for a port of their own. */
  readonly metricsListener: RequestListener;
  /** Cuts what is still under way. */
  close(): Promise<void>;
}

export function createBridge(config: Config, log: Log): Bridge {
  const admission = createAdmission(config.limits);
  const metrics: Metrics = createMetrics({
    remainingSeconds: () => federation.remainingSeconds(),
    inFlight: admission.inFlight,
  });
  const tell = (severity: Severity, message: string, fault: Fault): void => {
    log(severity, message, { fault: fault.code, cause: fault.detail, remedy: FAULTS[fault.code].remedy });
  };
  const identity = createIdentity(config);
  const authenticate = joinAuthentication(config, metrics, tell);
  const accessOf = withoutTheBridge(grantIndex(config.grants, config.buckets), identity);
  const federation = joinFederation(config, identity, metrics, tell);
  const transport = createTransport({
    stallMs: config.limits.stallSeconds * 1000,
    connections: config.limits.inFlight,
  });
  const { read, regionOf } = createReader({
    transport,
    sign: createSigner(),
    defaultRegion: config.aws.region,
    onRegionLearned: (bucket, region) => {
      log('WARNING', `bucket ${bucket} is in ${region}`, {
        bucket,
        region,
        remedy: `Set the bucket's region to ${region}.`,
      });
    },
  });

  const accessLog = createAccessLog({ log, metrics, project: identity.project });
  const records = new WeakMap<IncomingMessage, AccessRecord>();
  const control = controlRoutes(
    {
      ...{ authenticate, accessOf, metrics, sessionNameOf: callerSessionName, isReady: federation.isReady },
      operators: config.listen.metricsPort === undefined ? config.operators : undefined,
    },
    (request) => records.get(request) ?? accessLog.begin(request),
  );
  const data = dataRoute({
    ...{
      authenticate,
      accessOf,
      federate: federation.federate,
      read: withIfRange(read),
      regionOf,
      admission,
    },
    ...{ startedAt: new Date(), chunkAbove: config.chunkAbove, stallMs: config.limits.stallSeconds * 1000 },
  });
  return {
    listener: (request, response) => {
      const record = accessLog.begin(request);
      response.once('close', () => {
        accessLog.finish(record, request, response);
      });
      if (config.cors !== undefined && answerCors(config.cors, request, response)) {
        record.operation = 'preflight';
      } else if (isControl(request.url)) {
        records.set(request, record);
        record.operation = 'control';
        control(request, response);
      } else void data(request, response, record);
    },
    metricsListener: (_request, response) => {
      void metrics.render().then((text) => response.setHeader('content-type', metrics.contentType).end(text));
    },
    close: async () => {
      federation.close();
      await transport.close();
    },
  };
}

/** Under `/-/` no bucket name can be; two routes there are reads like any other. */
function isControl(url = ''): boolean {
  return url.startsWith('/-/') && !url.startsWith(BY_QUERY) && !url.startsWith(AS_JSON);
}

type Tell = (severity: Severity, message: string, fault: Fault) => void;

function joinAuthentication(
  config: Config,
  metrics: Metrics,
  tell: Tell,
): (request: IncomingMessage) => Promise<Caller> {
  const callerOf = authenticator(
    tokenVerifier({
      certsUrl: config.certsUrl,
      audiences: config.audiences,
      onKeysFailed: (error) => {
        tell(
          'WARNING',
          "Google's keys could not be refreshed; the known ones go on working",
          asKeysFault(error),
        );
      },
    }),
    metrics.token,
  );
  return async (request) => {
    try {
      return await callerOf(presentedToken(request));
    } catch (error) {
      metrics.token(asFault(error).code);
      throw error;
    }
  };
}

function asKeysFault(error: unknown): Fault {
  return new Fault('keys_unavailable', { error: error instanceof Error ? error.name : typeof error });
}

/** Whoever holds the bridge's own token could otherwise let it read for itself. */
function withoutTheBridge(accessOf: AccessOf, identity: Identity): AccessOf {
  return (caller) => {
    if (caller.subject === identity.subject()) throw new Fault('caller_is_bridge');
    return accessOf(caller);
  };
}

function joinFederation(config: Config, identity: Identity, metrics: Metrics, tell: Tell): Federation {
  return createFederation({
    sts: createSts({
      region: config.aws.region,
      ...(config.aws.stsEndpoint === undefined ? {} : { endpoint: config.aws.stsEndpoint }),
    }),
    roles: [...config.roles.values()],
    identityToken: identity.token,
    names: identity.names,
    onAssumed: (role, fault) => {
      metrics.sts(role.name, fault?.code ?? 'ok');
      if (fault !== undefined) tell('ERROR', `role ${role.name} could not be assumed`, fault);
    },
    onRenewalFailed: (roleName, fault) => {
      tell(
        'ERROR',
        `credentials of role ${roleName} could not be renewed; the old ones serve while they last`,
        fault,
      );
    },
  });
}
