// Tracks which roles can be assumed, so that readiness probes need no calls to Google or AWS.
import { isDeepStrictEqual } from 'node:util';
import type { Role } from '../config/types.ts';
import type { RoleCredentials } from './credentials.ts';

/**
 * The first pause between probes. Probes continue as long as the last call failed for every role. The pause doubles up to the
 * maximum.
 */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface Readiness {
  /** Records one attempt to assume a role's chain. @param outcome.credentials set if the whole chain was assumed */
  record(role: Role, outcome: { readonly failing: boolean; readonly credentials?: RoleCredentials }): void;
  /** True if at least one role works, so that one partner's broken trust policy does not stop requests for the others. */
  isReady(): boolean;
  /** Replaces the roles; unchanged roles keep their readiness. */
  change(roles: readonly Role[]): void;
  close(): void;
}

/**
 * A role counts as ready until a call fails and the role's last credentials have expired. A role without requests stays ready.
 * Roles are probed at startup, and again while all of them fail, because a bridge that is not ready receives no requests.
 * @param probe assumes a role's chain and calls `record` with the outcome, but only after this function has returned
 */
export function createReadiness(first: readonly Role[], probe: (role: Role) => Promise<unknown>): Readiness {
  let states = new Map<string, State>();
  let pause = RETRY_MS;
  let probing = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const allFail = (): boolean => states.values().every(({ failing }) => failing);
  const probeAll = (roles: readonly Role[]): void => {
    probing = true;
    void Promise.allSettled(roles.map(probe)).then(() => {
      probing = false;
      probeLaterWhileAllFail();
    });
  };
  const probeAgain = (): void => {
    timer = undefined;
    if (allFail()) probeAll([...states.values()].map(({ role }) => role));
  };
  const probeLaterWhileAllFail = (): void => {
    if (!allFail()) pause = RETRY_MS;
    else if (!closed && !probing && timer === undefined) {
      // While credentials are still valid, the next probe can wait until shortly before they expire.
      const held = Math.max(...states.values().map(remainingMs));
      timer = setTimeout(probeAgain, Math.max(pause, held - RETRY_MAX_MS)).unref();
      pause = Math.min(pause * 2, RETRY_MAX_MS);
    }
  };

  const change: Readiness['change'] = (roles) => {
    const before = states;
    const known = ({ name }: Role): State | undefined => before.get(name);
    const isNew = (role: Role): boolean => !isDeepStrictEqual(known(role)?.role, role);
    states = new Map(
      roles.map((role) => [
        role.name,
        (isNew(role) ? undefined : known(role)) ?? { role, failing: true, credentials: undefined },
      ]),
    );
    // Cancels the pending timer, because it may have been started for roles that no longer exist.
    clearTimeout(timer);
    timer = undefined;
    pause = RETRY_MS;
    // Probes new roles, so that problems are logged before a caller needs these roles.
    probeAll(roles.filter(isNew));
  };

  change(first);
  return {
    record: (role, { failing, credentials }) => {
      const state = states.get(role.name);
      // Ignores a call's outcome if the call began under an earlier configuration.
      if (state === undefined || !isDeepStrictEqual(state.role, role)) return;
      states.set(role.name, { role, failing, credentials: credentials ?? state.credentials });
      probeLaterWhileAllFail();
    },
    isReady: () => states.values().some((state) => !state.failing || remainingMs(state) > 0),
    change,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

interface State {
  readonly role: Role;
  readonly failing: boolean;
  /** The role's most recent credentials. */
  readonly credentials: RoleCredentials | undefined;
}

const remainingMs = ({ credentials }: { readonly credentials: RoleCredentials | undefined }): number =>
  credentials?.remainingMs() ?? 0;
