// The claims that many of Google's tokens lack: what a trust policy wants of them, beside what our token has.
import { quote } from '../config/show.ts';
import { fieldOf, itemsOf } from '../config/unchecked-values.ts';
import { decodeJwt } from '../identity/identity-token.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import type { Claim } from '../policy/lint/claim-keys.ts';
import { readConditionKey } from '../policy/lint/condition-keys.ts';
import { readOperator } from '../policy/lint/condition-operators.ts';
import type { Condition, Statement } from '../policy/lint/document.ts';
import { GOOGLE } from '../policy/trust-policy.ts';

interface Difference {
  /** After "its trust policy". */
  readonly found: string;
  readonly fix: string;
}

/** Of a statement that allows. Values of another form than the claim's are left to the lint. */
export function claimDifferences({ conditions }: Statement, token: IdentityToken): Difference[] {
  return conditions.flatMap((condition) => {
    const read = readConditionKey(condition.key);
    if (read.kind !== 'claim') return [];
    const difference = differenceIn(condition, read.claim, token);
    return difference === undefined ? [] : [difference];
  });
}

function differenceIn(condition: Condition, claim: Claim, token: IdentityToken): Difference | undefined {
  const operator = readOperator(condition.operator);
  const wanted = condition.values.map(({ text }) => text);
  if (operator === undefined || operator.comparison === 'null' || operator.metWithoutKey(wanted))
    return undefined;
  const ours = claimValues(claim, token);
  const told = `wants ${GOOGLE}:${claim.key} ${wanted.map(quote).join(' or ')}`;
  if (ours.length === 0)
    return {
      found: `${told}, and our token has no such claim`,
      fix: `Remove this condition: STS denies tokens without the claim. ${claim.carriers}`,
    };
  const comparable =
    /(?:string|numeric)equals$/i.test(condition.operator) && wanted.every((value) => claim.form.test(value));
  if (!comparable || ours.some((value) => wanted.includes(value))) return undefined;
  const theirs = ours.map(quote).join(' and ');
  return { found: `${told}, and ours is ${theirs}`, fix: `Remove this condition, or write ${theirs}.` };
}

/** As text, like the values of a policy; none where the token lacks the claim. */
function claimValues({ key }: Claim, { jwt }: IdentityToken): readonly string[] {
  // The path of the key's claim: `google/organization_number` is a claim within `google`.
  const value = key.split('/').reduce<unknown>(fieldOf, decodeJwt(jwt).claims);
  return [value, ...itemsOf(value)]
    .filter((one) => typeof one === 'string' || typeof one === 'number')
    .map(String);
}
