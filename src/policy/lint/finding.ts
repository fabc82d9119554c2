// A finding about a trust policy: a mistake, or a note about a requirement outside the policy.
import { describeProblem } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';

export interface Finding extends Problem {
  readonly kind: 'mistake' | 'note';
}

export const mistake = (field: string, rule: string, fix: string): Finding => ({
  kind: 'mistake',
  field,
  rule,
  fix,
});

export const note = (field: string, rule: string, fix: string): Finding => ({
  kind: 'note',
  field,
  rule,
  fix,
});

/** Formats a finding as one line. */
export const describeFinding = (finding: Finding): string =>
  finding.kind === 'note' ? `Note: ${describeProblem(finding)}` : describeProblem(finding);
