// The errors of the HTTP/1.1 client. Modules that use the client map these errors to faults.

export type HttpErrorCode = 'unreachable' | 'timeout' | 'invalid_response';

export class HttpError extends Error {
  readonly code: HttpErrorCode;
  /** Node's error code, or the invalid part of the response; for the log. */
  readonly reason: string | undefined;

  constructor(code: HttpErrorCode, reason: string | undefined) {
    super(reason === undefined ? code : `${code}: ${reason}`);
    this.name = 'HttpError';
    this.code = code;
    this.reason = reason;
  }
}

export function invalidResponse(reason: string): HttpError {
  return new HttpError('invalid_response', reason);
}

/** Converts the error that ended a connection to an HttpError. Errors of any other class come from Node. */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return new HttpError(code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', code);
}
