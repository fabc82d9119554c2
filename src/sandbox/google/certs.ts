// Google's published key set, at the path of the real one.
import type { IncomingMessage } from 'node:http';
import type { Supplier } from '../supplier.ts';
import type { SigningKeys } from './keys.ts';

export const CERTS_PATH = '/oauth2/v3/certs';

/** Google lets clients keep the set for hours. */
const MAX_AGE_SECONDS = 19_800;

export function createCerts(keys: SigningKeys): Supplier<IncomingMessage> {
  const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}) => ({
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: Buffer.from(JSON.stringify(value, null, 2)),
  });
  return {
    read: (request) => request,
    refuse: (_, { status, code, message, headers }) =>
      json(status, { error: { code: status, status: code, message: message ?? 'Out of order.' } }, headers),
    respond: ({ url, method }) =>
      url?.split('?')[0] === CERTS_PATH && (method === 'GET' || method === 'HEAD')
        ? json(200, keys.jwks(), {
            'cache-control': `public, max-age=${MAX_AGE_SECONDS}, must-revalidate, no-transform`,
          })
        : json(404, {
            error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' },
          }),
  };
}
