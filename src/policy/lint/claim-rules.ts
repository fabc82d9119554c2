// Conditions on claims that many of Google's tokens lack: what they compare, and what a token without the claim meets.
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

/** The mistakes, or else one note. */
export function checkClaim(condition: Condition, compared: ClaimCondition): Finding[] {
  const { where, values } = condition;
  const { claim, operator, denies } = compared;
  const { comparison } = operator;
  const write = `Write ${claim.type === 'number' ? 'NumericEquals' : 'StringEquals'}.`;
  const met = operator.metWithoutKey(values.map(({ text }) => text));
  if (comparison !== 'null') {
    if (comparison === 'other' || (comparison === 'number') !== (claim.type === 'number')) {
      const rule = `compares something other than ${claim.type}s, and this key is a ${claim.type}`;
      return [mistake(where, rule, write)];
    }
    if (met && !denies) return [mistake(where, 'is also met by tokens without this claim', write)];
    const mistakes = checkClaimValues(condition, compared);
    if (mistakes.length > 0) return mistakes;
  }
  const { listed, advice, carriers } = claim;
  const effect = comparison === 'null' || !denies ? ONLY : DENIED;
  const rule = `${met ? effect.met : effect.unmet}, and AWS's pages differ: ${listed}`;
  return [note(where, rule, `${advice} ${carriers}`)];
}

/** By whether a token without the claim meets the condition. */
const ONLY = {
  met: 'is met only by tokens without this claim',
  unmet: 'is met only by tokens with this claim',
};
const DENIED = {
  met: 'also denies tokens without this claim',
  unmet: 'does not deny tokens without this claim',
};
