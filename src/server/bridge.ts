// Joins the steps by a configuration, and joins them anew by another: the drawing's wiring, and no logic of its own.
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Permit } from '../auth/authorize.ts';
import type { Caller } from '../auth/caller.ts';
import { grantIndex } from '../auth/grants.ts';
import type { AccessOf } from '../auth/grants.ts';
import { presentedToken } from '../auth/presented-token.ts';
import type { Config } from '../config/types.ts';
import { deferredWrites } from '../runtime/deferred-writes.ts';
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import { asFault, Fault } from '../errors/fault.ts';
import { callerSessionName } from '../federation/attribution.ts';
import { reloadableParts } from './reloadable-parts.ts';
import type { ReloadableParts } from './reloadable-parts.ts';
import type { Log } from '../observability/log.ts';
import { createMetrics } from '../observability/metrics.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RoleAccess } from './role-access.ts';
import { createAccessLog } from '../observability/access-log.ts';
import type { AccessLog, AccessRecord } from '../observability/access-log.ts';
import { boundedControlRequests } from './admission.ts';
import { dataRoute } from '../api/data.ts';
import type { FederatedSession } from '../api/data.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { createRouter } from './route.ts';
import { withChecksums } from '../s3/checksum.ts';
import { s3Clock } from '../s3/clock-offset.ts';
import { stallTimeouts } from './stall-timeout.ts';
import type { StallTimeouts } from './stall-timeout.ts';
import { malformedRequests } from './malformed-request.ts';
import type { MalformedRequests } from './malformed-request.ts';
import { withIfRange } from '../s3/if-range.ts';
import { retryingRead } from '../s3/retry/retrying-read.ts';
import { createReader } from '../s3/read.ts';
import { createSigner } from '../s3/signature.ts';
import { faultLogger } from '../observability/log-fault.ts';

export interface Bridge {
  readonly listener: RequestListener;
  /** Metrics without a token, for a port of their own. */
  readonly metricsListener: RequestListener;
  /** Serves what comes from now on by another configuration; what is under way ends as it began. */
  change(config: Config): void;
  readonly malformed: MalformedRequests;
  /** From now on it is not ready, so that nobody is sent here any more. */
  startDraining(): void;
  /** Cuts what is still under way so that it looks cut, at once. */
  abortAll(): void;
  close(): void;
}

export function createBridge(options: {
  readonly config: Config;
  readonly log: Log;
  readonly lag: EventLoopLag;
  /** Called first, and again for a configuration with another identity or STS. */
  readonly roleAccessFor: (config: Config) => RoleAccess;
}): Bridge {
  const { log, lag, roleAccessFor } = options;
  const metrics: Metrics = createMetrics({
    remainingSeconds: () => parts.federation.remainingSeconds(),
    inFlight: () => parts.admission.inFlight(),
    droppedLines: log.dropped,
  });
  let cutting = false;
  const accessLog = createAccessLog({
    log,
    metrics,
    project: () => parts.roleAccess.identity?.project(),
    isCutting: () => cutting,
  });
  let ending = false;
  const stalled = stallTimeouts(() => parts.config.limits.stallSeconds * 1000);
  const unreadable = malformedRequests(log, metrics);
  const around = { metrics, tell: faultLogger(log), lag, roleAccessFor };
  const lasting = {
    log,
    metrics,
    accessLog,
    stalled,
    isEnding: () => ending,
    startedAt: new Date(),
    atEndOfTurn: deferredWrites(),
  };
  let parts = reloadableParts(options.config, around);
  let listener = joinSteps(parts, lasting);
  return {
    listener: unreadable.demandingHost((request, response) => {
      listener(request, response);
    }),
    malformed: unreadable,
    metricsListener: (_request, response) => {
      metrics.render().then(
        (text) => response.setHeader('content-type', metrics.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    },
    change: (config) => {
      parts = reloadableParts(config, around, parts);
      listener = joinSteps(parts, lasting);
    },
    startDraining: () => {
      ending = true;
    },
    abortAll: () => {
      cutting = true;
      stalled.cutAll();
    },
    close: () => {
      lag.stop();
      parts.federation.close();
      parts.roleAccess.close();
      parts.transport.close();
    },
  };
}

function joinSteps(
  parts: ReloadableParts,
  around: {
    readonly log: Log;
    readonly metrics: Metrics;
    readonly accessLog: AccessLog;
    readonly stalled: StallTimeouts;
    readonly isEnding: () => boolean;
    readonly startedAt: Date;
    readonly atEndOfTurn: DeferWrite;
  },
): RequestListener {
  const { config, roleAccess, federation, admission, transport } = parts;
  const { log, metrics, accessLog, stalled, isEnding, startedAt, atEndOfTurn } = around;
  const counted = (error: unknown): never => {
    metrics.token(asFault(error).code);
    throw error;
  };
  // Without a promise where the token is remembered, as nearly all are.
  const authenticate = (request: IncomingMessage): Caller | Promise<Caller> => {
    try {
      const caller = parts.callerOf(presentedToken(request));
      return caller instanceof Promise ? caller.catch(counted) : caller;
    } catch (error) {
      return counted(error);
    }
  };
  const grantsOf = grantIndex(config.grants, config.buckets);
  const accessOf: AccessOf = (caller) => {
    refuseTheBridge(caller, roleAccess);
    return grantsOf(caller);
  };
  const federate = (permit: Permit, caller: Caller): FederatedSession | Promise<FederatedSession> => {
    const session = federation.federate(permit, caller);
    if (!(session instanceof Promise)) return session;
    return session.then((obtained) => {
      // Before the first federation nobody knows who the bridge itself is.
      refuseTheBridge(caller, roleAccess);
      return obtained;
    });
  };
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
    clock: s3Clock((bucket, aheadMs) => {
      const aheadSeconds = Math.round(aheadMs / 1000);
      log('WARNING', `S3's clock is ${aheadSeconds} s ahead of this machine's; requests are signed by S3's`, {
        bucket,
        aheadSeconds,
        remedy:
          "Set this machine's clock: Google's tokens are judged by it. Where it is right, look at the bucket's endpoint.",
      });
    }),
  });
  const patient = retryingRead(read, {
    stallMs: config.limits.stallSeconds * 1000,
    onRepeat: metrics.s3Retry,
  });
  const controlParts = {
    authenticate: boundedControlRequests(authenticate),
    accessOf,
    metrics,
    sessionNameOf: callerSessionName,
    isReady: () => !isEnding() && federation.isReady(),
    operators: config.listen.metrics === undefined ? config.operators : undefined,
  };
  // When somebody asks: Express takes a twentieth of a start, and no read needs it.
  const control = async (recordOf: (request: IncomingMessage) => AccessRecord): Promise<RequestListener> => {
    const { controlRoutes } = await import('../api/control.ts');
    return controlRoutes(controlParts, recordOf);
  };
  const data = dataRoute({
    authenticate,
    accessOf,
    federate,
    regionOf,
    admission,
    startedAt,
    atEndOfTurn,
    read: withIfRange(withChecksums(patient)),
    chunkAbove: config.chunkAbove,
  });
  return createRouter({ accessLog, control, data, cors: config.cors, stalled });
}

/** Whoever holds the bridge's own token could otherwise let it read for itself. */
function refuseTheBridge(caller: Caller, { identity }: RoleAccess): void {
  if (caller.subject === identity?.subject()) throw new Fault('caller_is_bridge');
}
