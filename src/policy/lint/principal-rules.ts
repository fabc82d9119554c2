// Whom a statement trusts: Google as the provider that AWS has built in, and nobody by a wildcard.
import { quote } from '../../config/show.ts';
import { GOOGLE } from '../trust-policy.ts';
import { readOperator } from './condition-operators.ts';
import type { Condition, Principal, Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';

const FIX = `Write "Principal": {"Federated": "${GOOGLE}"}.`;

const NAME_WHO =
  'Name who may as "Principal"; or pin aws:PrincipalOrgID, aws:PrincipalArn or aws:PrincipalAccount, without a wildcard.';

const isGoogle = ({ type, name }: Principal): boolean => type === 'Federated' && name === GOOGLE;

/** Of a statement that is for Google's tokens. What a Deny names does no harm. */
export function checkPrincipal({ where, effect, principals, hasNotPrincipal }: Statement): Finding[] {
  const at = `${where}, Principal`;
  if (effect === 'Deny') return [];
  if (hasNotPrincipal)
    return [mistake(`${where}, NotPrincipal`, 'trusts everybody but those that it names', FIX)];
  const findings = principals.flatMap((principal) => checkOne(at, principal));
  if (findings.length > 0 || principals.some(isGoogle)) return findings;
  return [mistake(at, `must be ${GOOGLE}, whose tokens this statement is for`, FIX)];
}

/** Of a statement for others, which is not ours to judge beyond this. */
export function checkUnrelatedPrincipal(statement: Statement): Finding[] {
  const { where, effect, hasNotPrincipal, conditions } = statement;
  if (effect !== 'Allow') return [];
  if (hasNotPrincipal)
    return [mistake(`${where}, NotPrincipal`, 'trusts everybody but those that it names', NAME_WHO)];
  return isOpen(statement) && !conditions.some(namesAwsPrincipals)
    ? [
        mistake(
          `${where}, Principal`,
          'is "*" without any condition that says who: every AWS account may assume the role',
          NAME_WHO,
        ),
      ]
    : [];
}

/** Whether anybody is meant, but for what the conditions ask. */
export const isOpen = ({ principals, hasNotPrincipal }: Statement): boolean =>
  hasNotPrincipal || principals.some(({ name }) => name === '*');

function checkOne(at: string, principal: Principal): Finding[] {
  const { type, name } = principal;
  if (name.includes('*'))
    return [mistake(at, `must name one provider, and ${quote(name)} is a wildcard`, FIX)];
  if (/:oidc-provider\/accounts\.google\.com/i.test(name)) {
    return [
      mistake(
        at,
        `is an IAM identity provider registered for Google, ${quote(name)}: AWS has Google built in, and STS answers InvalidIdentityToken where there is another`,
        `${FIX} And delete the provider: aws iam delete-open-id-connect-provider --open-id-connect-provider-arn ARN`,
      ),
    ];
  }
  if (!/accounts\.google\.com/i.test(name) || isGoogle(principal)) return [];
  const said = quote(name);
  return [mistake(at, `must be exactly {"Federated": "${GOOGLE}"}, and is ${said} as ${quote(type)}`, FIX)];
}

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
