// Knows which roles can be assumed, so that a probe of the platform needs no call to Google or AWS.
import type { Role } from '../config.ts';
import type { RoleCredentials } from './credentials.ts';

/** Between attempts while every role's last call failed; doubles up to the maximum. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface Readiness {
  /** What became of one walk of a role's chain. @param credentials that it gave; undefined where it failed */
  note(role: Role, credentials: RoleCredentials | undefined): void;
  /** One partner's broken trust does not make the others unready: one role is enough. */
  isReady(): boolean;
  close(): void;
}

/**
 * A role counts until a call fails and what it gave last has run out; that nobody asked for an hour is no failure.
 * Roles are asked at once, and again while all of them fail: a bridge that is not ready gets no requests that would ask.
 * @param probe one walk of a role's chain, of which the outcome is `note`d; never before this function has returned
 */
export function createReadiness(roles: readonly Role[], probe: (role: Role) => Promise<unknown>): Readiness {
  interface State {
    readonly failing: boolean;
    /** What the role gave last. */
    readonly given: RoleCredentials | undefined;
  }
  const states = new Map<string, State>(roles.map(({ name }) => [name, { failing: true, given: undefined }]));
  let pause = RETRY_MS;
  let asking = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const allFail = (): boolean => states.values().every(({ failing }) => failing);
  const ask = (): void => {
    timer = undefined;
    if (!allFail()) return;
    asking = true;
    void Promise.allSettled(roles.map(probe)).then(() => {
      asking = false;
      askLaterWhileAllFail();
    });
  };
  const askLaterWhileAllFail = (): void => {
    if (!allFail()) pause = RETRY_MS;
    else if (!closed && !asking && timer === undefined) {
      // What is held serves for now; the end of it must not leave a gap.
      const held = Math.max(...states.values().map(remainingMs));
      timer = setTimeout(ask, Math.max(pause, held - RETRY_MAX_MS)).unref();
      pause = Math.min(pause * 2, RETRY_MAX_MS);
    }
  };

  ask();
  return {
    note: ({ name }, credentials) => {
      const given = credentials ?? states.get(name)?.given;
      states.set(name, { failing: credentials === undefined, given });
      askLaterWhileAllFail();
    },
    isReady: () => states.values().some((state) => !state.failing || remainingMs(state) > 0),
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

const remainingMs = ({ given }: { readonly given: RoleCredentials | undefined }): number =>
  given?.remainingMs() ?? 0;
