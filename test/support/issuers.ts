// Issuers other than Google, for tests: the sandbox's Kubernetes cluster, and issuers that a test controls itself.
import { createSigningKeys } from '../../src/sandbox/google/keys.ts';
import type { SigningAlgorithm, SigningKeys } from '../../src/sandbox/google/keys.ts';
import { inSeconds } from './google-claims.ts';
import { startStandIn } from './stand-in.ts';
import type { Respond, StandIn } from './stand-in.ts';
import { asBearer } from './token-headers.ts';
import type { Wire } from './wire.ts';

/** Gets a token of the sandbox's cluster, which is named `cluster` in the sandbox's configuration. */
export async function clusterToken(
  wire: Pick<Wire, 'control'>,
  serviceAccount: string,
  more: {
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly header?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<string> {
  const body = { caller: `cluster:${serviceAccount}`, ...more };
  const { token } = (await wire.control('POST', '/issuer-tokens', body)) as { readonly token: string };
  return token;
}

export const asPod = async (
  wire: Pick<Wire, 'control'>,
  serviceAccount: string,
): Promise<Record<string, string>> => asBearer(await clusterToken(wire, serviceAccount));

export interface OwnIssuer {
  readonly url: string;
  readonly keys: SigningKeys;
  readonly standIn: StandIn;
  /** @returns a token for the sandbox's audience that is valid for an hour */
  token(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
}

/** @param respond replaces the responses to all requests; by default, both documents are served */
export async function startIssuer(
  options: {
    readonly algorithm?: SigningAlgorithm;
    readonly respond?: (url: string, keys: SigningKeys) => Respond;
  } = {},
): Promise<OwnIssuer> {
  const keys = await createSigningKeys(options.algorithm);
  let respond: Respond = () => undefined;
  const standIn = await startStandIn((request, response) => respond(request, response));
  const url = standIn.origin;
  respond =
    options.respond?.(url, keys) ??
    (({ url: path }, response) => {
      const isKeys = path === '/keys';
      response.end(JSON.stringify(isKeys ? keys.jwks() : { issuer: url, jwks_uri: `${url}/keys` }));
    });
  return {
    url,
    keys,
    standIn,
    token: (claims, header) =>
      keys.mint(
        {
          iss: url,
          aud: 'https://lake-bridge.example',
          iat: inSeconds(0),
          exp: inSeconds(3600),
          ...claims,
        },
        header,
      ),
  };
}
