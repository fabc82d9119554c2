// Knows which roles can be assumed, so that a probe of the platform needs no call to Google or AWS.
import type { Role } from '../config.ts';

/** Between attempts while no role has been assumed; doubles up to the maximum. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface Readiness {
  /** What became of one STS call for a role. */
  note(role: Role, succeeded: boolean): void;
  /** One partner's broken trust does not make the others unready: one role is enough. */
  isReady(): boolean;
  close(): void;
}

/**
 * A role counts until a call fails and whatever it gave before has run out; that nobody asked for an hour is no failure.
 * @param probe one STS call for a role, of which the outcome is `note`d; asked at once, then until a role is up
 */
export function createReadiness(roles: readonly Role[], probe: (role: Role) => Promise<unknown>): Readiness {
  const usableUntil = new Map<string, number>();
  let pause = RETRY_MS;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const isReady = (): boolean => {
    const now = Date.now();
    return roles.some((role) => (usableUntil.get(role.name) ?? 0) > now);
  };
  const probeAll = (): void => {
    timer = undefined;
    void Promise.allSettled(roles.map(probe)).then(probeLaterUnlessReady);
  };
  const probeLaterUnlessReady = (): void => {
    if (closed || timer !== undefined) return;
    if (isReady()) {
      pause = RETRY_MS;
      return;
    }
    timer = setTimeout(probeAll, pause).unref();
    pause = Math.min(pause * 2, RETRY_MAX_MS);
  };

  probeAll();
  return {
    note: (role, succeeded) => {
      if (succeeded) usableUntil.set(role.name, Infinity);
      else if (usableUntil.get(role.name) === Infinity) {
        usableUntil.set(role.name, Date.now() + role.durationSeconds * 1000);
      }
    },
    isReady,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
