// Provides the bridge's identity token and the names that its session names contain. The token is cached, so that many STS
// calls share one fetch.
import { hostname } from 'node:os';
import { parseServiceAccount } from '../config/google-names.ts';
import type { Config, IdentitySource } from '../config/types.ts';
import type { IdentityToken } from './identity-token.ts';
import { impersonation } from './impersonated.ts';
import { metadataServer } from './metadata.ts';
import type { InstanceNames } from './metadata.ts';
import { readTokenFile } from './token-file.ts';

/** `refresh` is true if STS rejected the cached token, so that a new token must be fetched. */
interface FetchOptions {
  readonly refresh: boolean;
}

export interface Identity {
  /** @throws Fault metadata_…, google_…, impersonation_…, token_file_… */
  token(options: FetchOptions): Promise<IdentityToken>;
  /** The unique ID of the bridge's service account; undefined before the first token is fetched. */
  subject(): string | undefined;
  /**
   * Returns names that show where the bridge runs, outermost first: the project, then the instance or host (on Cloud Run, the
   * service and revision).
   * @throws the same faults as `token`
   */
  names(): Promise<readonly string[]>;
  /** The Google Cloud project; undefined until it is known. */
  project(): string | undefined;
}

/** A source of Google identity tokens, as opposed to an AWS profile. */
export type GoogleSource = Exclude<IdentitySource, { readonly kind: 'profile' }>;

type Options = Pick<Config, 'platform' | 'googleApis'> & {
  readonly aws: Pick<Config['aws'], 'audience'>;
  readonly identity: GoogleSource;
};

interface Source {
  fetch(options: FetchOptions): Promise<IdentityToken>;
  /** @param token fetches the bridge's token, because some names are only in its claims */
  instanceNames(token: () => Promise<IdentityToken>): Promise<InstanceNames>;
}

/** A placeholder in `names` for an unknown project. */
const UNKNOWN_PROJECT = 'fedbridge';

export function createIdentity(options: Options): Identity {
  const { platform } = options;
  const source = sourceOf(options);
  const held = tokenCache(source.fetch);
  let known: InstanceNames | undefined;
  let asking: Promise<InstanceNames> | undefined;
  const whereabouts = (): Promise<InstanceNames> =>
    (asking ??= source.instanceNames(held.fetch).finally(() => (asking = undefined)));
  return {
    token: held.fetch,
    subject: () => held.last()?.claims.sub,
    names: async () => {
      known ??= await whereabouts();
      const project = known.project ?? UNKNOWN_PROJECT;
      if (platform.kind === 'cloud-run') return [project, platform.service, platform.revision];
      return known.instance === undefined ? [project] : [project, known.instance];
    },
    project: () => known?.project,
  };
}

/**
 * The minimum remaining lifetime of a cached token, so that the token is still valid when STS verifies it. If a source returns
 * a shorter-lived token, or this machine's clock is wrong, each STS call fetches a new token.
 */
const FRESH_FOR_MS = 60_000;

/** @param supply fetches a token; concurrent calls share one fetch, which continues even if an HTTP client disconnects */
function tokenCache(supply: (options: FetchOptions) => Promise<IdentityToken>): {
  fetch(options?: FetchOptions): Promise<IdentityToken>;
  /** The last token that was fetched, even if it has expired; undefined before the first fetch. */
  last(): IdentityToken | undefined;
} {
  let held: IdentityToken | undefined;
  let fetching: Promise<IdentityToken> | undefined;
  return {
    fetch: ({ refresh } = { refresh: false }) => {
      if (!refresh && held !== undefined && held.expiresAt - Date.now() > FRESH_FOR_MS)
        return Promise.resolve(held);
      fetching ??= supply({ refresh })
        .then((token) => (held = token))
        .finally(() => (fetching = undefined));
      return fetching;
    },
    last: () => held,
  };
}

function sourceOf({ identity, aws, platform, googleApis }: Options): Source {
  switch (identity.kind) {
    case 'metadata': {
      const metadata = metadataServer();
      return {
        fetch: () => metadata.identityToken(aws.audience),
        instanceNames: () => metadata.instanceNames({ withInstance: platform.kind === 'machine' }),
      };
    }
    case 'impersonate': {
      const { email } = identity;
      const fetchToken = impersonation({ email, googleApis, includeEmail: false });
      return {
        fetch: () => fetchToken(aws.audience),
        instanceNames: () => Promise.resolve(onHost(email)),
      };
    }
    case 'file': {
      const { path } = identity;
      return {
        fetch: (options) => readTokenFile(path, options),
        instanceNames: async (token) => onHost((await token()).claims.email),
      };
    }
  }
}

/** @param email the service account's email, which contains the project unless Google owns the account */
function onHost(email = ''): InstanceNames {
  const project = parseServiceAccount(email)?.project;
  return { ...(project === undefined ? {} : { project }), instance: hostname() };
}
