// Assumes a chain of roles: the first role with the bridge's identity token or an AWS profile, and each chained role with the
// previous role's credentials.
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_HOP_SECONDS } from '../config/aws-limits.ts';
import type { Hop, Role } from '../config/types.ts';
import type { FaultCode } from '../errors/table.ts';
import { Fault } from '../errors/fault.ts';
import { ASSUME_ROLE, hopActions } from '../policy/trust-policy.ts';
import { hopAttribution } from './session-name.ts';
import type { Attribution } from './session-name.ts';
import type { AccessKeys, RoleCredentials } from './credentials.ts';
import type { PresentedIdentity, RoleSession, Sts } from './sts-calls.ts';

/** The identity that assumes the first role. */
export type ChainStart =
  | {
      readonly kind: 'identity-token';
      /** @param options.refresh true if STS rejected the last token. @throws Fault metadata_…, impersonation_…, token_file_… */
      token(options: { readonly refresh: boolean }): Promise<PresentedIdentity>;
    }
  | {
      readonly kind: 'profile';
      /** @throws Fault profile_… */
      keys(): Promise<AccessKeys>;
    };

/**
 * How many times the bridge retries with a new token after STS rejects a token. A retry may succeed, because STS uses the same
 * code for a bad token and for the transient error "Couldn't retrieve verification key".
 */
const TOKEN_RETRIES: Partial<Record<FaultCode, number>> = {
  sts_token_invalid: 2,
  sts_token_expired: 1,
  sts_claim_rejected: 1,
};
/** The timeout for the whole chain, including tokens, retries and hops, because callers wait for the chain. */
const CHAIN_MS = 12_000;

/** The pause before the second retry with a new token; half of the pause is random. */
const TOKEN_PAUSE_MS = 400;

export type AssumeChain = (
  role: Role,
  attribution: Attribution,
  /**
   * The session policy of the last hop; earlier hops have none, because they need sts:AssumeRole. If undefined, the session has
   * all of the role's permissions.
   */
  policy: string | undefined,
) => Promise<RoleCredentials>;

/**
 * @returns a function that assumes the whole chain at each call. It caches no credentials of single hops, because a chain is
 * always renewed as a whole.
 */
export function roleChain(sts: Sts, start: ChainStart): AssumeChain {
  return async (role, attribution, policy) => {
    const [first, ...further] = sessionsOf(role, attribution, policy);
    const signal = AbortSignal.timeout(CHAIN_MS);
    let held =
      start.kind === 'profile'
        ? await sts.assumeRole(
            { ...first, tags: {}, transitiveTags: [], needs: [ASSUME_ROLE] },
            await start.keys(),
            signal,
          )
        : await assumeByIdentityToken(first, { sts, token: start.token, signal });
    for (const [index, { hop, session }] of further.entries()) {
      const { externalId } = hop;
      const named = hopAttribution(hop, attribution);
      const needs = hopActions(role, index + 1);
      try {
        held = await sts.assumeRole(
          { ...session, ...named, ...(externalId === undefined ? {} : { externalId }), needs },
          held,
          signal,
        );
      } catch (error) {
        throw error instanceof Fault
          ? new Fault(error.code, { ...error.detail, hop: index + 1, assumedBy: held.assumedRoleArn })
          : error;
      }
    }
    return held;
  };
}

interface HopSession {
  readonly hop: Hop;
  readonly session: RoleSession;
}

/** Returns the parameters for each role's session. */
function sessionsOf(
  { arn, durationSeconds, then }: Role,
  { sessionName }: Attribution,
  policy: string | undefined,
): [first: RoleSession, ...further: HopSession[]] {
  const narrowed = policy === undefined ? {} : { policy };
  const lastOf = (index: number): { readonly policy?: string } => (index === then.length - 1 ? narrowed : {});
  return [
    { roleArn: arn, sessionName, durationSeconds, ...lastOf(-1) },
    ...then.map((hop, index) => ({
      hop,
      session: {
        roleArn: hop.arn,
        sessionName,
        durationSeconds: Math.min(durationSeconds, MAX_HOP_SECONDS),
        ...lastOf(index),
      },
    })),
  ];
}

async function assumeByIdentityToken(
  session: RoleSession,
  options: {
    readonly sts: Sts;
    readonly token: (options: { readonly refresh: boolean }) => Promise<PresentedIdentity>;
    readonly signal: AbortSignal;
  },
): Promise<RoleCredentials> {
  const { sts, token, signal } = options;
  for (let retries = 0; ; retries += 1) {
    const identity = await token({ refresh: retries > 0 });
    try {
      return await sts.assumeRoleWithWebIdentity(session, identity, signal);
    } catch (error) {
      const more = error instanceof Fault ? (TOKEN_RETRIES[error.code] ?? 0) : 0;
      if (retries >= more || signal.aborted) throw error;
      if (retries > 0) await sleep(TOKEN_PAUSE_MS * (0.5 + Math.random() / 2));
    }
  }
}
