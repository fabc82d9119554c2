// The upstreams that the sandbox emulates, and the errors that a fault has them send.

export const UPSTREAMS = ['metadata', 'certs', 'sts', 's3'] as const;
export type UpstreamName = (typeof UPSTREAMS)[number];

/** A refusal as a fault words it; the supplier gives it its own shape. */
export interface Refusal {
  readonly status: number;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
