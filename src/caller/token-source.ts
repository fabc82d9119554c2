// Where a caller's identity token comes from: this machine's metadata server, or a person's Google login by impersonation.
import { impersonation } from '../identity/impersonated.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { metadataServer } from '../identity/metadata.ts';

export interface TokenSourceOptions {
  readonly audience: string;
  /** The email of a service account to impersonate; undefined to use the metadata server. */
  readonly as: string | undefined;
  /** Origin that replaces Google's APIs; see FEDBRIDGE_GOOGLE_APIS. */
  readonly googleApis: string | undefined;
}

/** @returns a function that requests a token. It throws Fault metadata_…, google_…, impersonation_… */
export function tokenSource({ audience, as, googleApis }: TokenSourceOptions): () => Promise<IdentityToken> {
  if (as === undefined) {
    const metadata = metadataServer();
    return () => metadata.identityToken(audience);
  }
  const impersonate = impersonation({ email: as, googleApis, includeEmail: true });
  return () => impersonate(audience);
}
