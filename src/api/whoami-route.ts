// `/-/whoami`: shows callers their identity, their grants, and the rest of their egress budget.
import { isPerson } from '../auth/caller.ts';
import type { Caller } from '../auth/caller.ts';
import type { Access } from '../auth/grants.ts';
import { isOperator } from '../auth/operators.ts';
import type { CallerPattern } from '../config/types.ts';
import { hintWithoutGrants, scopeFields } from './explain-route.ts';

export interface WhoamiParts {
  accessOf(caller: Caller): ReadonlyMap<string, Access>;
  sessionNameOf(caller: Caller): string;
  /** Returns the caller's egress budget, in bytes. This property is undefined if the configuration has no budgets. */
  readonly budgetOf:
    ((caller: Caller) => { readonly bytesPerDay: number; remaining(): number } | undefined) | undefined;
  /** Callers that may read /-/metrics and /-/egress. */
  readonly operators: readonly CallerPattern[];
  /** On the console, the audience of tokens for the bridge, which the console's page shows; undefined on the bridge itself. */
  readonly page: { readonly audience: string } | undefined;
}

/**
 * Returns the response, which shows callers only their own identity and grants. It contains no role ARNs and no other callers'
 * grants.
 */
export function whoami(parts: WhoamiParts, caller: Caller): object {
  const access = [...parts.accessOf(caller)].sort(([a], [b]) => (a < b ? -1 : 1));
  const hint = access.length === 0 ? hintWithoutGrants(caller) : undefined;
  const budget = parts.budgetOf?.(caller);
  return {
    email: caller.email ?? null,
    uniqueId: caller.issuer === undefined ? caller.subject : null,
    ...(caller.issuer === undefined ? {} : { issuer: caller.issuer, caller: caller.subject }),
    sessionName: parts.sessionNameOf(caller),
    ...(parts.page === undefined
      ? {}
      : {
          audience: parts.page.audience,
          operator: isOperator(caller, parts.operators),
        }),
    ...(hint === undefined ? {} : { hint }),
    ...(budget === undefined
      ? {}
      : { egressBudget: { bytesPerDay: budget.bytesPerDay, remainingBytes: budget.remaining() } }),
    mayRead: access.flatMap(([bucket, { grants }]) =>
      grants.map(({ allow, scope }) => ({
        bucket,
        ...scopeFields(scope),
        allow: isPerson(caller) ? allow.filter((action) => action !== 'vend') : allow,
      })),
    ),
  };
}
