// Joins the steps of request handling into one router: each step gets the functions of the others that it needs.
import type { ControlRoute } from '../api/control-routes.ts';
import { landingFront } from '../api/landing-page.ts';
import { dataRoute } from '../api/read-handler.ts';
import type { Caller } from '../auth/caller.ts';
import { assertionFault, presentedAssertion } from '../auth/iap-assertion.ts';
import { presentedToken } from '../auth/presented-token.ts';
import type { Activity } from '../console/activity.ts';
import { activityRoute } from '../console/activity-route.ts';
import type { Assets } from '../console/assets.ts';
import { consoleFront } from '../console/console-front.ts';
import { asFault } from '../errors/fault.ts';
import { callerSessionName } from '../federation/session-name.ts';
import type { vendingLogger } from '../observability/audit.ts';
import { egressReport } from '../observability/egress/egress-report.ts';
import type { EgressRow } from '../observability/egress/egress-totals.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { CallerRequest, CallerResponse } from '../runtime/caller-exchange.ts';
import type { DeferWrite } from '../runtime/deferred-writes.ts';
import { isPending } from '../runtime/maybe-promise.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';
import { boundedControlRequests } from './admission.ts';
import type { Steps } from './build-steps.ts';
import { callerSessions, rejectBridge } from './caller-sessions.ts';
import { createRouter } from './route.ts';
import type { Router } from './route.ts';
import type { StallTimeouts } from './stall-timeout.ts';
import type { LimitVending } from './vending-limit.ts';

/** What the routers of all configurations share. */
export interface Shared {
  readonly metrics: Metrics;
  readonly limitVending: LimitVending;
  readonly logVended: ReturnType<typeof vendingLogger>;
  readonly createContext: (request: CallerRequest, response: CallerResponse) => RequestContext;
  readonly logRequest: (context: RequestContext) => void;
  readonly stallTimeouts: StallTimeouts;
  readonly isDraining: () => boolean;
  readonly startedAt: Date;
  readonly deferWrite: DeferWrite;
  readonly egressRows: () => readonly EgressRow[];
  /** The console's page; undefined if this process is the bridge. */
  readonly page: { readonly assets: Assets; readonly activity: Activity } | undefined;
}

export function joinSteps(
  { config, admission, callerOf, accessOf, roleAccess, federation, reader, budgetOf }: Steps,
  shared: Shared,
): Router {
  const { metrics, isDraining, page, startedAt } = shared;
  const isConsole = page !== undefined;
  const countFailure = (error: unknown): never => {
    const fault = asFault(error);
    metrics.token(fault.code);
    throw isConsole ? assertionFault(fault) : error;
  };
  // This function is not async, because a control request counts as waiting if the function returns a promise.
  const authenticate = (request: CallerRequest, tokenIn = presentedToken): MaybePromise<Caller> => {
    try {
      const caller = callerOf(isConsole ? presentedAssertion(request) : tokenIn(request));
      return isPending(caller) ? caller.catch(countFailure) : caller;
    } catch (error) {
      return countFailure(error);
    }
  };
  const checkedAccessOf: typeof accessOf = (caller) => {
    rejectBridge(caller, roleAccess);
    return accessOf(caller);
  };
  const { federate, vend } = callerSessions({
    admission,
    federation,
    roleAccess,
    limitVending: shared.limitVending,
  });
  const data = dataRoute({
    admission,
    authenticate,
    accessOf: checkedAccessOf,
    allowanceOf: budgetOf,
    federate,
    read: reader.read,
    regionOf: reader.regionOf,
    startedAt,
    deferWrite: shared.deferWrite,
    chunkAbove: config.chunkAbove,
    asDownloads: isConsole,
    serverTiming: config.serverTiming,
  });
  const isReady = (): boolean => !isDraining() && federation.isReady();
  const boundedAuthenticate = boundedControlRequests(authenticate);
  const { operators } = config;
  const controlParts = {
    authenticate: boundedAuthenticate,
    accessOf: checkedAccessOf,
    vend,
    logVended: shared.logVended,
    metrics,
    sessionNameOf: callerSessionName,
    budgetOf,
    isReady,
    page: isConsole ? { audience: config.audiences[0] ?? '' } : undefined,
    metricsAreOpen: config.listen.metrics !== undefined,
    operators,
    egress: () => ({
      since: startedAt.toISOString(),
      ...egressReport(shared.egressRows(), config.egressPrices),
    }),
  };
  // Loads the control routes late, because reads do not need Express, and loading it takes a twentieth of the startup time.
  const control = async (): Promise<ControlRoute> => {
    const { controlRoutes } = await import('../api/control-routes.ts');
    return controlRoutes(controlParts);
  };
  const front =
    page === undefined
      ? landingFront(config)
      : consoleFront(
          page.assets,
          activityRoute({
            authenticate: boundedAuthenticate,
            operators,
            activity: page.activity,
            isReady,
            startedAt,
          }),
        );
  return createRouter({ ...shared, front, control, data, cors: isConsole ? undefined : config.cors });
}
