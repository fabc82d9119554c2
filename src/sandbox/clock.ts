// What time each supplier believes it is, and how long the things that they issue live. Tests shift both.
import { UPSTREAMS, type UpstreamName } from './upstreams.ts';

/** Google's ID tokens live an hour. */
const IDENTITY_TOKEN_SECONDS = 3600;

export interface Clock {
  /** Milliseconds since 1970, by this supplier's clock. */
  now(supplier: UpstreamName): number;
  /** Shifts one supplier's clock, or every one's, from real time. */
  shift(offsetSeconds: number, supplier?: UpstreamName): void;
}

export interface Durations {
  identityTokenSeconds(): number;
  /** What credentials live, whatever was asked for; undefined: what was asked for. */
  credentialsSeconds(): number | undefined;
  /** null goes back to what is usual; undefined leaves it as it is. */
  set(durations: {
    credentials?: number | null | undefined;
    identityToken?: number | null | undefined;
  }): void;
}

export function createClock(): Clock {
  const offsets = new Map<UpstreamName, number>();
  return {
    now: (supplier) => Date.now() + (offsets.get(supplier) ?? 0),
    shift(offsetSeconds, supplier) {
      for (const name of supplier ? [supplier] : UPSTREAMS) offsets.set(name, offsetSeconds * 1000);
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
