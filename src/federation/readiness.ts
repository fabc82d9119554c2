// Knows which roles can be assumed, so that a probe of the platform needs no call to Google or AWS.
import type { Role } from '../config.ts';

/** Between attempts while every role's last call failed; doubles up to the maximum. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface Readiness {
  /** What became of one STS call for a role. @param expiresAt of the credentials that it gave; undefined where it failed */
  note(role: Role, expiresAt: number | undefined): void;
  /** One partner's broken trust does not make the others unready: one role is enough. */
  isReady(): boolean;
  close(): void;
}

/**
 * A role counts until a call fails and what it gave last has run out; that nobody asked for an hour is no failure.
 * Roles are asked at once, and again while all of them fail: a bridge that is not ready gets no requests that would ask.
 * @param probe one STS call for a role, of which the outcome is `note`d; never before this function has returned
 */
export function createReadiness(roles: readonly Role[], probe: (role: Role) => Promise<unknown>): Readiness {
  const states = new Map(roles.map(({ name }) => [name, { failing: true, usableUntil: 0 }]));
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
      const held = Math.max(...states.values().map(({ usableUntil }) => usableUntil)) - Date.now();
      timer = setTimeout(ask, Math.max(pause, held - RETRY_MAX_MS)).unref();
      pause = Math.min(pause * 2, RETRY_MAX_MS);
    }
  };

  ask();
  return {
    note: ({ name }, expiresAt) => {
      const usableUntil = expiresAt ?? states.get(name)?.usableUntil ?? 0;
      states.set(name, { failing: expiresAt === undefined, usableUntil });
      askLaterWhileAllFail();
    },
    isReady: () => {
      const now = Date.now();
      return states.values().some(({ failing, usableUntil }) => !failing || usableUntil > now);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
