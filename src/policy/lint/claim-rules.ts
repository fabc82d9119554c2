// Checks conditions on claims that many of Google's tokens lack: which values they compare, and whether a token without the
// claim meets them.
import type { Claim } from './claim-keys.ts';
import type { Operator } from './condition-operators.ts';
import type { Condition } from './document.ts';
import { mistake, note } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkClaimValues } from './value-rules.ts';

export interface ClaimCondition {
  readonly claim: Claim;
  readonly operator: Operator;
  readonly denies: boolean;
}

/** @returns the mistakes, or one note if there are none */
export function checkClaim(condition: Condition, compared: ClaimCondition): Finding[] {
  const { where, values } = condition;
  const { claim, operator, denies } = compared;
  const { comparison } = operator;
  const fix = `Use ${claim.type === 'number' ? 'NumericEquals' : 'StringEquals'}.`;
  const met = operator.metWithoutKey(values.map(({ text }) => text));
  if (comparison !== 'null') {
    if (comparison === 'other' || (comparison === 'number') !== (claim.type === 'number')) {
      const rule = `must compare ${claim.type}s, because this key is a ${claim.type}`;
      return [mistake(where, rule, fix)];
    }
    if (met && !denies) return [mistake(where, 'also matches tokens without this claim', fix)];
    const mistakes = checkClaimValues(condition, compared);
    if (mistakes.length > 0) return mistakes;
  }
  const { listed, advice, carriers } = claim;
  const effect = comparison === 'null' || !denies ? ONLY : DENIED;
  const rule = `${met ? effect.met : effect.unmet}, and AWS's documentation is inconsistent: ${listed}`;
  return [note(where, rule, `${advice} ${carriers}`)];
}

/** Describes the effect of a condition, which depends on whether a token without the claim meets the condition. */
const ONLY = {
  met: 'matches only tokens without this claim',
  unmet: 'matches only tokens with this claim',
};
const DENIED = {
  met: 'also denies tokens without this claim',
  unmet: 'denies only tokens with this claim',
};
