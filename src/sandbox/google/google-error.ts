// Creates error responses in the format of Google's APIs or of OAuth 2.0.
import type { SandboxResponse } from '../response.ts';

/** The default google.rpc.Code for each HTTP status. */
const NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

export function jsonResponse(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: Buffer.from(JSON.stringify(value, null, 2)),
  };
}

export interface GoogleRefusal {
  readonly status: number;
  readonly message: string;
  /** A google.rpc.Code, such as `NOT_FOUND`; by default, the one that matches the HTTP status. */
  readonly code?: string | undefined;
  /** The `reason` of the error's google.rpc.ErrorInfo. */
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Creates a response with the body `{"error": {"code", "message", "status", "details"}}`. */
export function googleErrorResponse(refusal: GoogleRefusal): SandboxResponse {
  const { status, message, code, reason, metadata, headers } = refusal;
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: status === 401 ? 'googleapis.com' : 'iam.googleapis.com',
    metadata,
  };
  const error = {
    code: status,
    message,
    status: code ?? NAMES[status] ?? 'UNKNOWN',
    ...(reason === undefined ? {} : { details: [info] }),
  };
  return jsonResponse(status, { error }, headers);
}

/** Creates a response with a body like `{"error": "invalid_grant", "error_description": "…"}` (RFC 6749). */
export function oauthErrorResponse(
  status: number,
  error: string,
  description: string,
  headers?: Readonly<Record<string, string>>,
): SandboxResponse {
  return jsonResponse(status, { error, error_description: description }, headers);
}
