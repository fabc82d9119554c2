// Enforces egress budgets: finds the budgets of each caller, and what the caller may still receive from S3 today.
import type { Caller } from '../auth/caller.ts';
import { matchingPatterns } from '../auth/grants.ts';
import type { Budget } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { BudgetUse } from '../observability/budget-metrics.ts';
import type { Log } from '../observability/log.ts';
import type { Allowance, Reservation } from '../s3/budget/allowance.ts';
import { dailyUsage } from './daily-usage.ts';
import type { CallerUsage } from './daily-usage.ts';

/** One caller's budget for the current UTC day. All values are in bytes. */
export interface CallerBudget extends Allowance {
  /** The smallest of the budgets that apply to the caller. */
  readonly bytesPerDay: number;
  /** How many bytes the caller may still request today; never negative. */
  remaining(): number;
}

/** @returns undefined if no budget applies to the caller */
export type BudgetOf = (caller: Caller) => CallerBudget | undefined;

export interface EgressBudgets {
  /**
   * Applies a configuration's budgets from now on. What callers have used today continues to count.
   * @returns undefined if there are no budgets, so that reads need not look for one
   */
  apply(budgets: readonly Budget[]): BudgetOf | undefined;
  /** The callers that have sent reads today and that have a budget in the last configuration. */
  use(): BudgetUse[];
}

/**
 * @param options.now milliseconds since 1970; default: this machine's clock
 * @param options.onDenied called for each denied read, with the caller's email or unique ID
 */
export function egressBudgets({
  log,
  onDenied,
  now = Date.now,
}: {
  readonly log: Log;
  readonly onDenied: (caller: string) => void;
  readonly now?: () => number;
}): EgressBudgets {
  const usage = dailyUsage(now);
  /** The callers with a budget since the start, by subject; for the metrics. */
  const callers = new Map<string, Caller>();
  let current: readonly Budget[] = [];
  return {
    apply: (budgets) => {
      current = budgets;
      if (budgets.length === 0) return undefined;
      const known = new WeakMap<Caller, { readonly budget: CallerBudget | undefined }>();
      return (caller) => {
        let found = known.get(caller);
        if (found === undefined) {
          const own = budgetsFor(caller, budgets);
          const limit = smallest(own);
          const onReserved = warnAtThresholds(own, log, caller);
          const budget =
            own.length === 0
              ? undefined
              : callerBudget(usage.of(caller.subject, { limit, onReserved }), limit, () => {
                  onDenied(nameOf(caller));
                });
          if (budget !== undefined) callers.set(caller.subject, caller);
          known.set(caller, (found = { budget }));
        }
        return found.budget;
      };
    },
    use: () =>
      [...usage.today()].flatMap(([subject, { used, reserved }]) => {
        const caller = callers.get(subject);
        const own = caller === undefined ? [] : budgetsFor(caller, current);
        return caller === undefined || own.length === 0
          ? []
          : [{ caller: nameOf(caller), limit: smallest(own), used: used + reserved }];
      }),
  };
}

const budgetsFor = (caller: Caller, budgets: readonly Budget[]): Budget[] =>
  budgets.filter(({ callers }) => matchingPatterns(caller, callers).length > 0);

const smallest = (budgets: readonly Budget[]): number =>
  Math.min(...budgets.map(({ bytesPerDay }) => bytesPerDay));

const nameOf = ({ email, subject }: Caller): string => email ?? subject;

/** Returns a function that logs a warning when a caller reaches a budget's threshold, once per caller, budget and day. */
function warnAtThresholds(
  budgets: readonly Budget[],
  log: Log,
  caller: Caller,
): (usage: CallerUsage) => void {
  return (usage) => {
    for (const { bytesPerDay, warnAt } of budgets) {
      if (!usage.isFirstAt(bytesPerDay * warnAt)) continue;
      log(
        'WARNING',
        `${nameOf(caller)} has used ${Math.round(warnAt * 100)} % of its egress budget for today`,
        {
          event: 'egress_budget_warning',
          caller: caller.email,
          callerId: caller.subject,
          bytesPerDay,
          usedBytes: usage.used(),
          reservedBytes: usage.reserved(),
          remedy:
            'Check what the caller reads (docs/how-to/limit-egress.md). Until 00:00 UTC, the bridge denies reads that would exceed the budget. If the caller needs a larger budget, raise `bytesPerDay`.',
        },
      );
    }
  };
}

function callerBudget(usage: CallerUsage, bytesPerDay: number, onDenied: () => void): CallerBudget {
  const denied = (requestedBytes: number | undefined): Fault => {
    onDenied();
    return new Fault('egress_budget_exceeded', {
      bytesPerDay,
      usedBytes: usage.used(),
      reservedBytes: usage.reserved(),
      requestedBytes,
    });
  };
  const orDenied = (reservation: Reservation | undefined, bytes: number): Reservation => {
    if (reservation === undefined) throw denied(bytes);
    return reservation;
  };
  return {
    bytesPerDay,
    remaining: () => Math.max(0, usage.left()),
    hold: (bytes, { isMaximum, mayBeEmpty }) => {
      if (usage.left() <= 0 && !mayBeEmpty) throw denied(undefined);
      return usage.hold(bytes, isMaximum);
    },
    reserve: async (bytes, cancellation, isHold) =>
      orDenied(await usage.reserve(bytes, cancellation, isHold), bytes),
    stopHolding: usage.stopHolding,
    denied,
  };
}
