// Emulates an OpenID Connect issuer, such as a Kubernetes cluster: its discovery document and its keys. The control API issues its
// tokens, because a cluster gives them only to its own pods.
import type { SandboxResponse } from '../response.ts';
import type { Upstream } from '../upstream-server.ts';
import type { SigningKeys } from '../google/keys.ts';

/** The paths at which a Kubernetes API server serves both documents (Kubernetes, "Service account issuer discovery"). */
const DISCOVERY_PATH = '/.well-known/openid-configuration';
export const ISSUER_KEYS_PATH = '/openid/v1/jwks';

interface IssuerRequest {
  readonly path: string;
  readonly host: string;
}

export function createIssuer(keys: SigningKeys): Upstream<IssuerRequest> {
  return {
    read: ({ url = '/', headers: { host = '' } }) => ({ path: url.split('?')[0] ?? '/', host }),
    refuse: (_request, { status, code = 'Failure', message = 'Injected fault.', headers = {} }) =>
      document({ kind: 'Status', status: 'Failure', reason: code, message, code: status }, status, headers),
    respond: ({ path, host }) => {
      if (path === ISSUER_KEYS_PATH) return document(keys.jwks());
      if (path === DISCOVERY_PATH) return document(discovery(`http://${host}`));
      return document({ kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 }, 404);
    },
  };
}

const discovery = (issuer: string): object => ({
  issuer,
  jwks_uri: `${issuer}${ISSUER_KEYS_PATH}`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
});

const document = (
  value: object,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(JSON.stringify(value)),
});
