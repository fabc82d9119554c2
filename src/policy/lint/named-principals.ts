// Which conditions say what AWS principals a statement is for, so that "*" as its principal is not everybody.
import { readOperator } from './condition-operators.ts';
import type { Condition } from './document.ts';

/** Of the signer of a request, or of whom a service of AWS asks for; all tell one account or organisation from the others. */
const NAMING_KEY = /^aws:(?:PrincipalOrgID|PrincipalArn|PrincipalAccount|SourceAccount)$/i;

const COMPARES_ARNS = /^(?:ForAnyValue:)?Arn(?:Equals|Like)$/i;

/** A wildcard, or a variable, which may stand for what it is compared with. */
const NAMES_MANY = /[*?]|\$\{/;

/** No Google token meets such a condition either: it comes from no AWS principal. */
export function namesAwsPrincipals({ operator: text, key, values }: Condition): boolean {
  const operator = readOperator(text);
  if (operator === undefined || !NAMING_KEY.test(key)) return false;
  const { comparison } = operator;
  const compares = comparison === 'text' || comparison === 'pattern' || COMPARES_ARNS.test(text);
  const texts = values.map((value) => value.text);
  return compares && !operator.metWithoutKey(texts) && !texts.some((value) => NAMES_MANY.test(value));
}
