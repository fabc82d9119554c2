// Builds the parts from the configuration, joins the steps, and closes them: the drawing's wiring, and no logic of its own.
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Express } from 'express';
import { authenticator } from './callers/authenticate.ts';
import type { Permit } from './callers/authorize.ts';
import type { Caller } from './callers/caller.ts';
import { grantIndex } from './callers/grants.ts';
import type { AccessOf } from './callers/grants.ts';
import { presentedToken } from './callers/presented-token.ts';
import { tokenVerifier } from './callers/verify-token.ts';
import type { Config } from './config.ts';
import { FAULTS } from './errors.ts';
import { asFault, Fault } from './fault.ts';
import { createFederation } from './federation/federate.ts';
import type { Federation } from './federation/federate.ts';
import { callerSessionName } from './federation/session-name.ts';
import type { Log, Severity } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import type { RoleAccess } from './role-access.ts';
import { createAccessLog } from './routes/access-log.ts';
import type { AccessRecord } from './routes/access-log.ts';
import { createAdmission } from './routes/admission.ts';
import { controlRoutes } from './routes/control.ts';
import { dataRoute } from './routes/data.ts';
import type { FederatedSession } from './routes/data.ts';
import { createListener } from './routes/listener.ts';
import { stalledReaders } from './routes/stalled-reader.ts';
import { withIfRange } from './s3/if-range.ts';
import { createReader } from './s3/read.ts';
import { createSigner } from './s3/signature.ts';
import { createTransport } from './s3/transport.ts';

export interface Bridge {
  readonly listener: RequestListener;
  /** Metrics without a token, for a port of their own. */
  readonly metricsListener: RequestListener;
  /** From now on it is the bridge that cuts what is still under way. */
  startCutting(): void;
  close(): Promise<void>;
}

/** @param roleAccess closed with the bridge */
export function createBridge(config: Config, log: Log, roleAccess: RoleAccess): Bridge {
  const stallMs = config.limits.stallSeconds * 1000;
  const admission = createAdmission(config.limits);
  const metrics: Metrics = createMetrics({
    remainingSeconds: () => federation.remainingSeconds(),
    inFlight: admission.inFlight,
    droppedLines: log.dropped,
  });
  const tell = (severity: Severity, message: string, fault: Fault): void => {
    log(severity, message, { fault: fault.code, cause: fault.detail, remedy: FAULTS[fault.code].remedy });
  };
  const { identity } = roleAccess;
  const authenticate = joinAuthentication(config, metrics, tell);
  const grantsOf = grantIndex(config.grants, config.buckets);
  const accessOf: AccessOf = (caller) => {
    refuseTheBridge(caller, identity);
    return grantsOf(caller);
  };
  const federation = joinFederation(config, roleAccess, metrics, tell);
  const federate = async (permit: Permit, caller: Caller): Promise<FederatedSession> => {
    const session = await federation.federate(permit, caller);
    // Before the first federation nobody knows who the bridge itself is.
    refuseTheBridge(caller, identity);
    return session;
  };
  const transport = createTransport({ stallMs, connections: config.limits.inFlight });
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

  const stalled = stalledReaders(stallMs);
  let cutting = false;
  const accessLog = createAccessLog({
    ...{ log, metrics },
    project: () => identity?.project(),
    isCutting: () => cutting,
  });
  const control = (recordOf: (request: IncomingMessage) => AccessRecord): Express =>
    controlRoutes(
      {
        authenticate,
        accessOf,
        metrics,
        sessionNameOf: callerSessionName,
        isReady: federation.isReady,
        operators: config.listen.metricsPort === undefined ? config.operators : undefined,
      },
      recordOf,
    );
  const data = dataRoute({
    authenticate,
    accessOf,
    federate,
    read: withIfRange(read),
    regionOf,
    admission,
    startedAt: new Date(),
    chunkAbove: config.chunkAbove,
  });
  return {
    listener: createListener({ accessLog, control, data, cors: config.cors, stalled }),
    metricsListener: (_request, response) => {
      metrics.render().then(
        (text) => response.setHeader('content-type', metrics.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    },
    startCutting: () => {
      cutting = true;
    },
    close: async () => {
      stalled.close();
      federation.close();
      roleAccess.close();
      await transport.close();
    },
  };
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
      onKeysFailed: (fault) => {
        tell('WARNING', "Google's keys could not be refreshed; the known ones go on working", fault);
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

/** Whoever holds the bridge's own token could otherwise let it read for itself. */
function refuseTheBridge(caller: Caller, identity: RoleAccess['identity']): void {
  if (caller.subject === identity?.subject()) throw new Fault('caller_is_bridge');
}

function joinFederation(config: Config, roleAccess: RoleAccess, metrics: Metrics, tell: Tell): Federation {
  return createFederation({
    ...roleAccess,
    roles: [...config.roles.values()],
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
