// Defines the metrics of egress budgets.
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { callerLabels } from './caller-labels.ts';

export interface BudgetMetrics {
  /** Counts a read that the caller's egress budget did not allow. @param caller email or unique ID */
  budgetDenied(caller: string): void;
}

/** One caller's egress budget for today, in bytes. */
export interface BudgetUse {
  /** The caller's email or unique ID. */
  readonly caller: string;
  readonly limit: number;
  /** The bytes that have been received, plus the bytes that are reserved for reads in progress. */
  readonly used: number;
}

/** @param budgetUse returns the callers that have a budget and have read today */
export function budgetMetrics(registry: Registry, budgetUse: () => readonly BudgetUse[]): BudgetMetrics {
  const registers = [registry];
  const labelOf = callerLabels();
  const budgetGauge = (name: string, help: string, bytesOf: (use: BudgetUse) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['caller'],
      registers,
      collect() {
        this.reset();
        for (const use of budgetUse()) this.inc({ caller: labelOf(use.caller) }, bytesOf(use));
      },
    });
  };
  budgetGauge(
    'fedbridge_egress_budget_bytes',
    "The egress budget of each caller that has read today, in bytes per UTC day. All callers after the first 1,000 are added up as 'other'.",
    ({ limit }) => limit,
  );
  budgetGauge(
    'fedbridge_egress_budget_used_bytes',
    'Bytes of the egress budget that each caller has used today or that are reserved for its reads in progress. The count starts again at 00:00 UTC.',
    ({ used }) => used,
  );
  const budgetDenials = new Counter({
    name: 'fedbridge_egress_budget_denials_total',
    help: 'Reads that were denied because they would exceed an egress budget, by caller.',
    labelNames: ['caller'],
    registers,
  });
  return {
    budgetDenied: (caller) => {
      budgetDenials.inc({ caller: labelOf(caller) });
    },
  };
}
