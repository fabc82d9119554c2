// `/-/activity`: shows operators what the console has served in the last hour, and its last errors.
import { callerFault, faultResponse, sendFault } from '../api/responses/fault.ts';
import { sendDocument } from '../api/responses/document.ts';
import type { Caller } from '../auth/caller.ts';
import { authorizeOperator } from '../auth/operators.ts';
import type { CallerPattern } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { CallerRequest } from '../runtime/caller-exchange.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';
import type { Activity } from './activity.ts';

export const ACTIVITY_PATH = '/-/activity';

interface ActivityParts {
  authenticate(request: CallerRequest): MaybePromise<Caller>;
  readonly operators: readonly CallerPattern[];
  readonly activity: Activity;
  isReady(): boolean;
  readonly startedAt: Date;
}

/** @returns a function that sends an error response for every fault, and never rejects */
export function activityRoute(parts: ActivityParts): (context: RequestContext) => Promise<void> {
  return async (context) => {
    const { request, response, requestId } = context;
    context.operation = 'activity';
    try {
      if (request.method !== 'GET') throw new Fault('method_not_allowed', { method: request.method });
      const caller = await parts.authenticate(request);
      context.caller = caller;
      authorizeOperator(caller, parts.operators);
      const { startedAt, activity, isReady } = parts;
      const document = { ready: isReady(), startedAt: startedAt.toISOString(), ...activity.recent() };
      sendDocument(context, 'application/json', JSON.stringify(document));
    } catch (error) {
      // After a disconnect, an error that is not a fault only means that the person has closed the page.
      if (response.destroyed && !(error instanceof Fault)) return;
      context.fault = callerFault(error, context.caller);
      sendFault(context, faultResponse(context.fault, requestId, 'bearer'));
    }
  };
}
