// Issues tokens of the configured issuers for callers, which are named as in a grant. All of these tokens are signed with the
// sandbox's issuer keys.
import { randomUUID } from 'node:crypto';
import type { Clock, Durations } from '../clock.ts';
import type { SigningKeys } from '../google/keys.ts';
import type { SeedIssuer } from '../seed.ts';

export interface IssuerTokens {
  /**
   * @param request.caller `ISSUER:NAMESPACE/SERVICEACCOUNT` or `ISSUER:SUBJECT`
   * @param request.claims claims to add or replace
   * @throws Error if there is no such issuer, or if the caller of a Kubernetes issuer is not a service account
   */
  issue(request: {
    readonly caller: string;
    readonly claims?: Readonly<Record<string, unknown>> | undefined;
    readonly header?: Readonly<Record<string, unknown>> | undefined;
  }): string;
}

/** @param parts.issuers the configured issuers, with the sandbox's own address filled in */
export function createIssuerTokens(parts: {
  readonly issuers: () => readonly SeedIssuer[];
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly durations: Durations;
}): IssuerTokens {
  const { issuers, keys, clock, durations } = parts;
  return {
    issue: ({ caller, claims = {}, header }) => {
      const colon = caller.indexOf(':');
      const name = caller.slice(0, Math.max(colon, 0));
      const issuer = issuers().find((each) => each.name === name);
      if (issuer === undefined)
        throw new Error(
          `"caller" must be ISSUER:SUBJECT with one of the issuers ${issuers()
            .map((each) => each.name)
            .join(', ')}`,
        );
      const iat = Math.floor(clock.now('issuer') / 1000);
      const common = {
        aud: issuer.kind === 'kubernetes' ? [issuer.audience] : issuer.audience,
        exp: iat + durations.identityTokenSeconds(),
        iat,
        iss: issuer.url,
      };
      const subject = caller.slice(colon + 1);
      const own = issuer.kind === 'kubernetes' ? serviceAccountClaims(subject, iat) : { sub: subject };
      return keys.mint({ ...common, ...own, ...claims }, header);
    },
  };
}

/** Returns the claims of a projected token (Kubernetes, "Schema for service account private claims"). */
function serviceAccountClaims(text: string, iat: number): Record<string, unknown> {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (namespace === '' || name === '' || more.length > 0)
    throw new Error(
      '"caller" must be ISSUER:NAMESPACE/SERVICEACCOUNT, because the issuer is a Kubernetes cluster',
    );
  return {
    jti: randomUUID(),
    nbf: iat,
    sub: `system:serviceaccount:${namespace}:${name}`,
    'kubernetes.io': {
      namespace,
      pod: { name: `${name}-0`, uid: randomUUID() },
      serviceaccount: { name, uid: randomUUID() },
    },
  };
}
