// Compares the bridge's token with a trust policy's conditions on claims that many of Google's tokens lack.
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
  /** A description of the difference. The text completes a sentence that begins with "its trust policy". */
  readonly found: string;
  readonly fix: string;
}

/**
 * Returns the conditions that the token's claims do not meet. Compares only values that have the claim's form, because the lint
 * reports all other values.
 * @param statement an Allow statement
 */
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
  const actual = claimValues(claim, token);
  const requirement = `requires ${GOOGLE}:${claim.key} ${wanted.map(quote).join(' or ')}`;
  if (actual.length === 0)
    return {
      found: `${requirement}, but the bridge's token has no such claim`,
      fix: `Remove this condition: STS denies tokens without the claim. ${claim.carriers}`,
    };
  const comparable =
    /(?:string|numeric)equals$/i.test(condition.operator) && wanted.every((value) => claim.form.test(value));
  if (!comparable || actual.some((value) => wanted.includes(value))) return undefined;
  const values = actual.map(quote).join(' and ');
  return {
    found: `${requirement}, but the bridge's token has ${values}`,
    fix: `Remove this condition, or change its value to ${values}.`,
  };
}

/**
 * @returns the claim's values as text, which can be compared with a policy's values; an empty list if the token lacks the claim
 */
function claimValues({ key }: Claim, { jwt }: IdentityToken): readonly string[] {
  // The claim's key may be a path: `google/organization_number` is the claim `organization_number` in `google`.
  const value = key.split('/').reduce<unknown>(fieldOf, decodeJwt(jwt).claims);
  return [value, ...itemsOf(value)]
    .filter((one) => typeof one === 'string' || typeof one === 'number')
    .map(String);
}
