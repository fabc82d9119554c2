// The emulators' clocks, and the lifetimes of the tokens and credentials that they issue; tests can change both.
import { UPSTREAMS, type UpstreamName } from './upstreams.ts';

/** The lifetime of Google's ID tokens. */
const IDENTITY_TOKEN_SECONDS = 3600;

export interface Clock {
  /** The time on this emulator's clock, in milliseconds since 1970. */
  now(upstream: UpstreamName): number;
  /** Sets the offset from real time for one emulator's clock, or for all clocks. */
  shift(offsetSeconds: number, upstream?: UpstreamName): void;
}

export interface Durations {
  identityTokenSeconds(): number;
  /** The lifetime of all new credentials; if undefined, each request's `DurationSeconds` applies. */
  credentialsSeconds(): number | undefined;
  /** For each duration, null restores the default, and undefined keeps the current value. */
  set(durations: {
    credentials?: number | null | undefined;
    identityToken?: number | null | undefined;
  }): void;
}

export function createClock(): Clock {
  const offsets = new Map<UpstreamName, number>();
  return {
    now: (upstream) => Date.now() + (offsets.get(upstream) ?? 0),
    shift(offsetSeconds, upstream) {
      for (const name of upstream ? [upstream] : UPSTREAMS) offsets.set(name, offsetSeconds * 1000);
    },
  };
}

export function createDurations(): Durations {
  let credentials: number | null = null;
  let identityToken: number | null = null;
  return {
    identityTokenSeconds: () => identityToken ?? IDENTITY_TOKEN_SECONDS,
    credentialsSeconds: () => credentials ?? undefined,
    set(durations) {
      if (durations.credentials !== undefined) credentials = durations.credentials;
      if (durations.identityToken !== undefined) identityToken = durations.identityToken;
    },
  };
}
