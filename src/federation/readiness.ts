// Knows which roles can be assumed, so that a probe of the platform needs no call to Google or AWS.
import { isDeepStrictEqual } from 'node:util';
import type { Role } from '../config/types.ts';
import type { RoleCredentials } from './credentials.ts';

/** Between attempts while every role's last call failed; doubles up to the maximum. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface Readiness {
  /** What became of one walk of a role's chain. @param credentials the credentials of a whole one */
  record(role: Role, outcome: { readonly failing: boolean; readonly credentials?: RoleCredentials }): void;
  /** One partner's broken trust does not make the others unready: one role is enough. */
  isReady(): boolean;
  /** Other roles from now on; what is known of those that are the same stays known. */
  change(roles: readonly Role[]): void;
  close(): void;
}

/**
 * A role counts until a call fails and what it gave last has run out; that nobody asked for an hour is no failure.
 * Roles are asked at once, and again while all of them fail: a bridge that is not ready gets no requests that would ask.
 * @param probe one walk of a role's chain, of which the outcome is `record`ed; never before this function has returned
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
      // What is held serves for now; the end of it must not leave a gap.
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
    // What it was set for may be gone.
    clearTimeout(timer);
    timer = undefined;
    pause = RETRY_MS;
    // Whether new ones work is known before a caller asks for them.
    probeAll(roles.filter(isNew));
  };

  change(first);
  return {
    record: (role, { failing, credentials }) => {
      const state = states.get(role.name);
      // Else the call began under another configuration.
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
  /** What the role gave last. */
  readonly credentials: RoleCredentials | undefined;
}

const remainingMs = ({ credentials }: { readonly credentials: RoleCredentials | undefined }): number =>
  credentials?.remainingMs() ?? 0;
