// Walks a role's chain: the first role by our identity token (or an AWS profile), each further one by the credentials before it.
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

/** What a chain begins with. */
export type ChainStart =
  | {
      readonly kind: 'identity-token';
      /** @param options.refresh after STS rejected the last one. @throws Fault metadata_…, impersonation_…, token_file_… */
      token(options: { readonly refresh: boolean }): Promise<PresentedIdentity>;
    }
  | {
      readonly kind: 'profile';
      /** @throws Fault profile_… */
      keys(): Promise<AccessKeys>;
    };

/** Where STS dislikes the token: how often another one is shown. "Couldn't retrieve verification key" passes, under the same code as a bad token. */
const TOKEN_RETRIES: Partial<Record<FaultCode, number>> = {
  sts_token_invalid: 2,
  sts_token_expired: 1,
  sts_claim_rejected: 1,
};
/** What a whole walk may take, of tokens, retries and hops together: callers wait for it. */
const CHAIN_MS = 12_000;

/** Before the second one; half of it is chance. */
const TOKEN_PAUSE_MS = 400;

export type AssumeChain = (
  role: Role,
  attribution: Attribution,
  /** Of the last hop alone: an earlier one must keep sts:AssumeRole. Absent: all that the role may do. */
  policy: string | undefined,
) => Promise<RoleCredentials>;

/** @returns a function that walks the whole chain at each call, and keeps nothing: a chain is renewed as one */
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

/** The session of each role of the chain; `hop` numbers those of `then`, from 1. */
function sessionsOf(
  { arn, durationSeconds, then }: Role,
  { sessionName }: Attribution,
  policy: string | undefined,
): [RoleSession, ...{ readonly hop: Hop; readonly session: RoleSession }[]] {
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
