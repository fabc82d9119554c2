// What can go wrong between this client and an upstream. The client's user decides what it means for whom.

export type HttpErrorCode = 'unreachable' | 'timeout' | 'invalid_response';

export class HttpError extends Error {
  readonly code: HttpErrorCode;
  /** For a log: a code of Node's, or what of the response is invalid. */
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

/** Any error that ended a connection; those that are not HttpErrors are Node's. */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return new HttpError(code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', code);
}
