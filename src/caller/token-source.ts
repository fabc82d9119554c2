// Gets a caller's identity token: from this machine's metadata server, by impersonation with a person's Google login, or from a
// file that another program replaces.
import { impersonation } from '../identity/impersonated.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { metadataServer } from '../identity/metadata.ts';
import { readTokenFile } from '../identity/token-file.ts';

export interface TokenSourceOptions {
  readonly audience: string;
  /** The email of a service account to impersonate; undefined to use the metadata server. */
  readonly as: string | undefined;
  /** A file that contains the token, such as a pod's projected token; must not be combined with `as`. */
  readonly tokenFile: string | undefined;
  /** The origin to use instead of Google's APIs (see FEDBRIDGE_GOOGLE_APIS). */
  readonly googleApis: string | undefined;
}

/** @returns a function that requests a token. It throws Fault metadata_…, google_…, impersonation_…, token_file_… */
export function tokenSource(options: TokenSourceOptions): () => Promise<IdentityToken> {
  const { audience, as, tokenFile, googleApis } = options;
  // With `refresh`, an expired token is reported here, because the bridge would reject the token anyway.
  if (tokenFile !== undefined) return () => readTokenFile(tokenFile, { refresh: true });
  if (as === undefined) {
    const metadata = metadataServer();
    return () => metadata.identityToken(audience);
  }
  const impersonate = impersonation({ email: as, googleApis, includeEmail: true });
  return () => impersonate(audience);
}
