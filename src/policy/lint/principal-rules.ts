// Checks the principals in a trust policy: a statement for Google's tokens must name the built-in Google provider, and no
// statement may open the role to everyone.
import { quote } from '../../config/show.ts';
import type { GoogleServiceName } from '../google-services.ts';
import { GOOGLE } from '../trust-policy.ts';
import { readOperator } from './condition-operators.ts';
import type { Condition, Principal, Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';

const FIX = `Write "Principal": {"Federated": "${GOOGLE}"}.`;

/**
 * A note about BigQuery's use of the provider (BigQuery, "Connect to Amazon S3"). This advice has not been tried with the bridge.
 */
const KEEP_FOR_BIGQUERY =
  '. If another role needs the provider, do not delete it. Instead, add the identity of the BigQuery connection to its audiences: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ARN --client-id IDENTITY';

const NAME_WHO =
  'Name the allowed principals in "Principal", or pin aws:PrincipalOrgID, aws:PrincipalArn or aws:PrincipalAccount without a wildcard.';

const isGoogle = ({ type, name }: Principal): boolean => type === 'Federated' && name === GOOGLE;

/**
 * @param statement a statement for Google's tokens; a Deny statement may safely name any principal
 * @param service the service that the policy is for, if it is not for the bridge
 */
export function checkPrincipal(
  { where, effect, principals, hasNotPrincipal }: Statement,
  service?: GoogleServiceName,
): Finding[] {
  const at = `${where}, Principal`;
  if (effect === 'Deny') return [];
  if (hasNotPrincipal)
    return [mistake(`${where}, NotPrincipal`, 'trusts everyone except the listed principals', FIX)];
  const findings = principals.flatMap((principal) => checkOne(at, principal, service));
  if (findings.length > 0 || principals.some(isGoogle)) return findings;
  return [mistake(at, `must be ${GOOGLE}, because this statement is for Google's tokens`, FIX)];
}

/** @param statement a statement for other principals; reported only if it opens the role to everyone */
export function checkUnrelatedPrincipal(statement: Statement): Finding[] {
  const { where, effect, hasNotPrincipal, conditions } = statement;
  if (effect !== 'Allow') return [];
  if (hasNotPrincipal)
    return [mistake(`${where}, NotPrincipal`, 'trusts everyone except the listed principals', NAME_WHO)];
  return isOpen(statement) && !conditions.some(namesAwsPrincipals)
    ? [
        mistake(
          `${where}, Principal`,
          'is "*" without a condition that names principals: every AWS account may assume the role',
          NAME_WHO,
        ),
      ]
    : [];
}

/** Whether the statement applies to everyone who meets its conditions. */
export const isOpen = ({ principals, hasNotPrincipal }: Statement): boolean =>
  hasNotPrincipal || principals.some(({ name }) => name === '*');

function checkOne(at: string, principal: Principal, service?: GoogleServiceName): Finding[] {
  const { type, name } = principal;
  if (name.includes('*'))
    return [mistake(at, `must name one provider, but ${quote(name)} is a wildcard`, FIX)];
  if (/:oidc-provider\/accounts\.google\.com/i.test(name)) {
    return [
      mistake(
        at,
        `must be the provider that is built into AWS, ${GOOGLE}, but is ${quote(name)}: STS returns InvalidIdentityToken if an account registers its own provider for Google`,
        `${FIX} Then delete the provider: aws iam delete-open-id-connect-provider --open-id-connect-provider-arn ARN${service === 'bigquery' ? KEEP_FOR_BIGQUERY : ''}`,
      ),
    ];
  }
  if (!/accounts\.google\.com/i.test(name) || isGoogle(principal)) return [];
  const actual = `${quote(name)} as ${quote(type)}`;
  return [mistake(at, `must be exactly {"Federated": "${GOOGLE}"}, but is ${actual}`, FIX)];
}

/**
 * Matches keys about a request's signer, or about the account for which an AWS service acts. Each key can pin one account or
 * organization.
 */
const NAMING_KEY = /^aws:(?:PrincipalOrgID|PrincipalArn|PrincipalAccount|SourceAccount)$/i;

const COMPARES_ARNS = /^(?:ForAnyValue:)?Arn(?:Equals|Like)$/i;

/** Matches a wildcard, or a policy variable, which may expand to any value. */
const NAMES_MANY = /[*?]|\$\{/;

/** Whether the condition requires a named AWS principal, account or organization, which also excludes all Google tokens. */
export function namesAwsPrincipals({ operator: text, key, values }: Condition): boolean {
  const operator = readOperator(text);
  if (operator === undefined || !NAMING_KEY.test(key)) return false;
  const { comparison } = operator;
  const compares = comparison === 'text' || comparison === 'pattern' || COMPARES_ARNS.test(text);
  const texts = values.map((value) => value.text);
  return compares && !operator.metWithoutKey(texts) && !texts.some((value) => NAMES_MANY.test(value));
}
