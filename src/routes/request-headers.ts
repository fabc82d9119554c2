// Which of a caller's headers go up to S3: an allow-list, nothing else.
import type { IncomingMessage } from 'node:http';

/** Ranges and conditionals (S3 API Reference, GetObject); sent unsigned, as S3 allows. */
const SENT = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;

/** S3 wants every `x-amz-…` header signed. */
const SIGNED = ['x-amz-checksum-mode'] as const;

export interface HeadersUp {
  /** Raw pairs. */
  readonly headers: readonly string[];
  readonly amzHeaders: readonly (readonly [name: string, value: string])[];
}

export function headersUp(request: IncomingMessage): HeadersUp {
  const headers: string[] = [];
  for (const name of SENT) {
    const value = request.headers[name];
    if (value !== undefined) headers.push(name, value);
  }
  return {
    headers,
    amzHeaders: SIGNED.flatMap((name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    }),
  };
}
