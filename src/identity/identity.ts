// Who the bridge is: the identity token that it presents to STS, and the name that it goes by where sessions name it.
import type { Config } from '../config.ts';
import { heldToken } from './held-token.ts';
import type { IdentityToken } from './identity-token.ts';
import { metadataServer } from './metadata.ts';
import type { Whereabouts } from './metadata.ts';

export interface Identity {
  /** @throws Fault metadata_… */
  token(options: { readonly anew: boolean }): Promise<IdentityToken>;
  /** Our unique ID; undefined before the first token. */
  subject(): string | undefined;
  /** Where the bridge runs, outermost first: project, then instance, or Cloud Run's service and revision. @throws Fault metadata_… */
  names(): Promise<readonly string[]>;
  /** The Google Cloud project; undefined until it is known. */
  project(): string | undefined;
}

export function createIdentity({ aws, platform }: Pick<Config, 'aws' | 'platform'>): Identity {
  const metadata = metadataServer();
  const held = heldToken(() => metadata.identityToken(aws.audience));
  let known: Whereabouts | undefined;
  let asking: Promise<Whereabouts> | undefined;
  const whereabouts = (): Promise<Whereabouts> =>
    (asking ??= metadata
      .whereabouts({ withInstance: platform.kind === 'machine' })
      .finally(() => (asking = undefined)));
  return {
    token: held.fetch,
    subject: () => held.last()?.claims.sub,
    names: async () => {
      known ??= await whereabouts();
      if (platform.kind === 'cloud-run') return [known.project, platform.service, platform.revision];
      return known.instance === undefined ? [known.project] : [known.project, known.instance];
    },
    project: () => known?.project,
  };
}
