// The emulated upstreams' names, and the type of an injected error.

export const UPSTREAMS = ['metadata', 'certs', 'sts', 's3', 'issuer'] as const;
export type UpstreamName = (typeof UPSTREAMS)[number];

/** An injected error, which each emulator sends in its upstream's format. */
export interface Refusal {
  readonly status: number;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
