// The part of a response that must be the same from S3 and from the bridge.
import type { Reply } from './http-request.ts';

/** Headers that belong to one connection or one request, or that the bridge adds; docs/explain/fidelity.md lists them. */
const OWN = new Set([
  ':status',
  'date',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'server',
  'x-amz-request-id',
  'x-amz-id-2',
  'x-request-id',
  'vary',
  'cache-status',
  'age',
  'x-fedbridge-error',
  'x-fedbridge-message',
]);

/** @returns the status, headers and body; for errors, S3's code instead of the body, because the bridge has messages of its own */
export function comparable(reply: Reply): unknown {
  const isError = reply.status >= 400;
  const headers = Object.entries(reply.headers).filter(
    ([name]) => !OWN.has(name) && !(isError && (name === 'content-length' || name === 'cache-control')),
  );
  return {
    status: reply.status,
    headers: Object.fromEntries(headers.sort(([a], [b]) => (a < b ? -1 : 1))),
    body: isError ? reply.code : reply.body.toString('latin1'),
  };
}
