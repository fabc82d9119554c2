// Obtains AWS sessions for callers: the sessions with which the bridge reads for them, and new sessions that callers receive.
import type { VendingSteps } from '../api/vending.ts';
import type { FederatedSession } from '../api/read-handler.ts';
import type { Permit } from '../auth/authorize.ts';
import type { Caller } from '../auth/caller.ts';
import { Fault } from '../errors/fault.ts';
import type { Federation } from '../federation/federate.ts';
import { isPending } from '../runtime/maybe-promise.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';
import type { CountedAdmission } from './admission.ts';
import type { RoleAccess } from './role-access.ts';
import type { LimitVending } from './vending-limit.ts';

export interface CallerSessions {
  /** @throws Fault overloaded, caller_is_bridge, metadata_…, sts_… */
  federate(permit: Permit, caller: Caller): MaybePromise<FederatedSession>;
  readonly vend: VendingSteps['vend'];
}

/** Callers are checked again after each STS call, because the bridge learns its own unique ID only when it first federates. */
export function callerSessions(parts: {
  readonly admission: CountedAdmission;
  readonly federation: Federation;
  readonly roleAccess: RoleAccess;
  readonly limitVending: LimitVending;
}): CallerSessions {
  const { admission, federation, roleAccess, limitVending } = parts;
  return {
    federate: (permit, caller) => {
      const session = admission.whileStsIsCalled(caller.subject, () => federation.federate(permit, caller));
      if (!isPending(session)) return session;
      return session.then((obtained) => {
        rejectBridge(caller, roleAccess);
        return obtained;
      });
    },
    vend: (permit, caller) =>
      limitVending(permit, caller, async () => {
        const issued = await admission.whileStsIsCalled(caller.subject, () =>
          federation.vend(permit, caller),
        );
        rejectBridge(caller, roleAccess);
        return issued;
      }),
  };
}

/** Rejects the bridge's own account as a caller, so that nobody can read objects with the bridge's token. */
export function rejectBridge(caller: Caller, { identity }: RoleAccess): void {
  if (caller.subject === identity?.subject()) throw new Fault('caller_is_bridge');
}
