// Who the bridge is: the identity token that it presents to STS, and the name that it goes by where sessions name it.
import { hostname } from 'node:os';
import { parseServiceAccount } from '../config/google-names.ts';
import type { Config, IdentitySource } from '../config/types.ts';
import { tokenCache } from './token-cache.ts';
import type { FetchOptions } from './token-cache.ts';
import type { IdentityToken } from './identity-token.ts';
import { impersonation } from './impersonated.ts';
import { metadataServer } from './metadata.ts';
import type { InstanceNames } from './metadata.ts';
import { readTokenFile } from './token-file.ts';

export interface Identity {
  /** @throws Fault metadata_…, google_…, impersonation_…, token_file_… */
  token(options: FetchOptions): Promise<IdentityToken>;
  /** Our unique ID; undefined before the first token. */
  subject(): string | undefined;
  /** Where the bridge runs, outermost first: project, then instance or host, or Cloud Run's service and revision. @throws Fault as `token` */
  names(): Promise<readonly string[]>;
  /** The Google Cloud project; undefined until it is known. */
  project(): string | undefined;
}

/** An AWS profile is no Google identity. */
export type GoogleSource = Exclude<IdentitySource, { readonly kind: 'profile' }>;

type Options = Pick<Config, 'platform' | 'googleApis'> & {
  readonly aws: Pick<Config['aws'], 'audience'>;
  readonly identity: GoogleSource;
};

/** One way to have an identity. */
interface Source {
  fetch(options: FetchOptions): Promise<IdentityToken>;
  /** @param token of ours, for what only it tells */
  instanceNames(token: () => Promise<IdentityToken>): Promise<InstanceNames>;
}

/** Stands first in names where no project is known. */
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
      const fetchToken = impersonation({ email, googleApis });
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

/** @param email of a service account, which names its project where it is one of a project's own */
function onHost(email = ''): InstanceNames {
  const project = parseServiceAccount(email)?.project;
  return { ...(project === undefined ? {} : { project }), instance: hostname() };
}
