// The bridge: builds the steps from the configuration, joins them into one request listener, and swaps that on reload.
import type { IncomingMessage, RequestListener } from 'node:http';
import { dataRoute } from '../api/data.ts';
import type { FederatedSession } from '../api/data.ts';
import type { Permit } from '../auth/authorize.ts';
import type { Caller } from '../auth/caller.ts';
import { presentedToken } from '../auth/presented-token.ts';
import type { Config } from '../config/types.ts';
import { asFault, Fault } from '../errors/fault.ts';
import { callerSessionName } from '../federation/session-name.ts';
import { createAccessLog } from '../observability/access-log.ts';
import type { AccessLog, AccessRecord } from '../observability/access-log.ts';
import type { Log } from '../observability/log.ts';
import { createMetrics } from '../observability/metrics.ts';
import type { Metrics } from '../observability/metrics.ts';
import { deferredWrites } from '../runtime/deferred-writes.ts';
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import { boundedControlRequests } from './admission.ts';
import { watchEventLoopLag } from './event-loop-lag.ts';
import { malformedRequests } from './malformed-request.ts';
import type { MalformedRequests } from './malformed-request.ts';
import type { RoleAccess } from './role-access.ts';
import { createRouter } from './route.ts';
import { stallTimeouts } from './stall-timeout.ts';
import type { StallTimeouts } from './stall-timeout.ts';
import { buildSteps } from './steps.ts';
import type { Steps } from './steps.ts';

export interface Bridge {
  readonly listener: RequestListener;
  /** Metrics without a token, for a port of their own. */
  readonly metricsListener: RequestListener;
  /** Serves new requests by another configuration; requests in progress end as they began. */
  change(config: Config): void;
  readonly malformed: MalformedRequests;
  /** Reports not ready from now on, so that no more requests are sent here. */
  startDraining(): void;
  /** Aborts every response in progress at once, so that none looks complete. */
  abortAll(): void;
  close(): void;
}

/** @param roleAccessFor called for the first configuration, and for one whose identity or STS differs from the one before */
export function createBridge(
  initial: Config,
  log: Log,
  roleAccessFor: (config: Config) => RoleAccess,
): Bridge {
  let isDraining = false;
  let isAborting = false;
  const metrics = createMetrics({
    remainingSeconds: () => steps.federation.remainingSeconds(),
    inFlight: () => steps.admission.inFlight(),
    droppedLines: log.dropped,
  });
  const accessLog = createAccessLog({
    log,
    metrics,
    project: () => steps.roleAccess.identity?.project(),
    isCutting: () => isAborting,
  });
  const lag = watchEventLoopLag();
  const stalled = stallTimeouts(() => steps.config.limits.stallSeconds * 1000);
  const malformed = malformedRequests(log, metrics);
  const resources = { log, metrics, lag, roleAccessFor };
  const shared = {
    metrics,
    accessLog,
    stalled,
    isDraining: () => isDraining,
    startedAt: new Date(),
    atEndOfTurn: deferredWrites(),
  };

  let steps = buildSteps(initial, resources);
  let listener = joinSteps(steps, shared);

  return {
    listener: malformed.demandingHost((request, response) => {
      listener(request, response);
    }),
    malformed,
    metricsListener: (_request, response) => {
      metrics.render().then(
        (text) => response.setHeader('content-type', metrics.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    },
    change: (config) => {
      steps = buildSteps(config, resources, steps);
      listener = joinSteps(steps, shared);
    },
    startDraining: () => {
      isDraining = true;
    },
    abortAll: () => {
      isAborting = true;
      stalled.cutAll();
    },
    close: () => {
      lag.stop();
      steps.federation.close();
      steps.roleAccess.close();
      steps.transport.close();
    },
  };
}

interface Shared {
  readonly metrics: Metrics;
  readonly accessLog: AccessLog;
  readonly stalled: StallTimeouts;
  readonly isDraining: () => boolean;
  readonly startedAt: Date;
  readonly atEndOfTurn: DeferWrite;
}

function joinSteps(
  { config, admission, callerOf, accessOf, roleAccess, federation, reader }: Steps,
  { metrics, accessLog, stalled, isDraining, startedAt, atEndOfTurn }: Shared,
): RequestListener {
  const countFailure = (error: unknown): never => {
    metrics.token(asFault(error).code);
    throw error;
  };
  // Without a promise if the token is cached, as nearly all are.
  const authenticate = (request: IncomingMessage): Caller | Promise<Caller> => {
    try {
      const caller = callerOf(presentedToken(request));
      return caller instanceof Promise ? caller.catch(countFailure) : caller;
    } catch (error) {
      return countFailure(error);
    }
  };
  const checkedAccessOf: typeof accessOf = (caller) => {
    rejectBridge(caller, roleAccess);
    return accessOf(caller);
  };
  const federate = (permit: Permit, caller: Caller): FederatedSession | Promise<FederatedSession> => {
    const session = federation.federate(permit, caller);
    if (!(session instanceof Promise)) return session;
    return session.then((obtained) => {
      // Before the first federation the bridge does not know its own unique ID.
      rejectBridge(caller, roleAccess);
      return obtained;
    });
  };
  const data = dataRoute({
    admission,
    authenticate,
    accessOf: checkedAccessOf,
    federate,
    read: reader.read,
    regionOf: reader.regionOf,
    startedAt,
    atEndOfTurn,
    chunkAbove: config.chunkAbove,
  });
  const controlParts = {
    authenticate: boundedControlRequests(authenticate),
    accessOf: checkedAccessOf,
    metrics,
    sessionNameOf: callerSessionName,
    isReady: () => !isDraining() && federation.isReady(),
    operators: config.listen.metrics === undefined ? config.operators : undefined,
  };
  // On the first control request: loading Express takes a twentieth of a start, and no read needs it.
  const control = async (recordOf: (request: IncomingMessage) => AccessRecord): Promise<RequestListener> => {
    const { controlRoutes } = await import('../api/control.ts');
    return controlRoutes(controlParts, recordOf);
  };
  return createRouter({ accessLog, control, data, cors: config.cors, stalled });
}

/** Rejects the bridge's own account, so that anyone holding its token cannot read with it. */
function rejectBridge(caller: Caller, { identity }: RoleAccess): void {
  if (caller.subject === identity?.subject()) throw new Fault('caller_is_bridge');
}
