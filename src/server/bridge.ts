// The bridge: its request listeners, and what they share across reloads. Each reload replaces the steps of request handling.
import type { RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { cacheUsage } from '../cache/cache-store.ts';
import type { Config } from '../config/types.ts';
import { createActivity } from '../console/activity.ts';
import type { Assets } from '../console/assets.ts';
import { vendingLogger } from '../observability/audit.ts';
import { createAccessLog } from '../observability/access-log.ts';
import { egressTotals } from '../observability/egress/egress-totals.ts';
import type { EgressSource } from '../observability/egress/egress-totals.ts';
import type { Log } from '../observability/log.ts';
import { createMetrics } from '../observability/metrics.ts';
import { createTraces } from '../observability/traces.ts';
import { requestContexts } from '../observability/request-context.ts';
import type { CallerListener } from '../runtime/caller-exchange.ts';
import { deferredWrites } from '../runtime/deferred-writes.ts';
import { egressBudgets } from './egress-budgets.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { malformedRequests } from './malformed-request.ts';
import type { MalformedRequests } from './malformed-request.ts';
import type { RoleAccess } from './role-access.ts';
import { createStallTimeouts } from './stall-timeout.ts';
import { vendingLimit } from './vending-limit.ts';
import { joinSteps } from './join-steps.ts';
import { buildSteps } from './build-steps.ts';
import type { Steps } from './build-steps.ts';

export interface Bridge {
  readonly listener: RequestListener;
  /** Handles the streams of HTTP/2 connections; `listener` handles HTTP/1 requests. */
  readonly streamListener: CallerListener;
  /** Serves metrics without authentication, for a separate port. */
  readonly metricsListener: RequestListener;
  /** Uses a different configuration for new requests. Requests in progress keep their configuration. */
  change(config: Config): void;
  readonly malformed: MalformedRequests;
  /** Whether a response is in progress on a connection. */
  isResponding(socket: Duplex): boolean;
  /** Makes /-/ready report that the bridge is not ready, so that the platform sends no more requests. */
  startDraining(): void;
  /** Aborts every response in progress at once, so that none looks complete. */
  abortAll(): void;
  /** Resolves when the last traces are sent, or after `traceMs`. */
  close(traceMs: number): Promise<void>;
}

/** The files that the console serves in addition to the bridge's routes. */
export interface ConsolePage {
  readonly assets: Assets;
}

/** @param options.console makes this process the console, which serves people instead of callers with tokens */
export function createBridge(options: {
  readonly config: Config;
  readonly log: Log;
  readonly lag: EventLoopLag;
  /** Called for the first configuration, and again if a reload changes the settings for the identity or for AWS. */
  readonly roleAccessFor: (config: Config) => RoleAccess;
  readonly console?: ConsolePage;
}): Bridge {
  const { log, lag, roleAccessFor, console } = options;
  let isDraining = false;
  let isAborting = false;
  const metrics = createMetrics({
    remainingSeconds: () => steps.federation.remainingSeconds(),
    inFlight: () => steps.admission.inFlight(),
    droppedLines: log.dropped,
    budgetUse: () => budgets.use(),
    readAheadBytes: () => steps.readAheadPool.reservedBytes(),
    cache: () => (steps.cache === undefined ? undefined : cacheUsage(steps.cache)),
  });
  const budgets = egressBudgets({ log, onDenied: metrics.budgetDenied });
  const totals = egressTotals();
  const traces = createTraces(options.config.traces, log);
  const stallTimeouts = createStallTimeouts(() => steps.config.limits.stallSeconds * 1000);
  const malformed = malformedRequests(log, metrics, stallTimeouts.isResponding);
  const activity = createActivity();
  const resources = { log, metrics, lag, budgets, roleAccessFor, isConsole: console !== undefined };
  const logRequest = createAccessLog({
    log,
    metrics,
    project: () => steps.roleAccess.identity?.project(),
    isAborting: () => isAborting,
    sourceOf: (name) => egressSource(steps, name),
    egress: totals,
  });
  const shared = {
    metrics,
    limitVending: vendingLimit(metrics),
    logVended: vendingLogger(log),
    createContext: requestContexts(),
    logRequest: traces.recordAfter((context) => {
      logRequest(context);
      if (console !== undefined) activity.record(context);
    }),
    stallTimeouts,
    isDraining: () => isDraining,
    startedAt: new Date(),
    deferWrite: deferredWrites(),
    egressRows: totals.rows,
    page: console === undefined ? undefined : { assets: console.assets, activity },
  };
  let steps = buildSteps(options.config, resources);
  let router = joinSteps(steps, shared);
  return {
    listener: (request, response) => {
      if (request.headers.host === undefined && request.httpVersion !== '1.0')
        malformed.onMissingHost(request, response);
      else router.listener(request, response);
    },
    streamListener: (request, response) => {
      router.streamListener(request, response);
    },
    malformed,
    isResponding: stallTimeouts.isResponding,
    metricsListener: (_request, response) => {
      metrics.render().then(
        (text) => response.setHeader('content-type', metrics.contentType).end(text),
        () => response.writeHead(500).end(),
      );
    },
    change: (config) => {
      steps = buildSteps(config, resources, steps);
      router = joinSteps(steps, shared);
    },
    startDraining: () => {
      isDraining = true;
    },
    abortAll: () => {
      isAborting = true;
      stallTimeouts.abortAll();
    },
    close: async (traceMs) => {
      lag.stop();
      steps.federation.close();
      steps.roleAccess.close();
      steps.transport.close();
      await traces.end(traceMs);
    },
  };
}

function egressSource({ config, reader }: Steps, name: string): EgressSource | undefined {
  const bucket = config.buckets.get(name);
  if (bucket === undefined) return undefined;
  return { region: reader.regionOf(bucket), path: bucket.endpoint === undefined ? 'internet' : 'endpoint' };
}
