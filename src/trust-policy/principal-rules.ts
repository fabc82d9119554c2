// Whom a statement trusts: Google as the provider that AWS has built in, and nobody by a wildcard.
import { quote } from '../config/show.ts';
import { GOOGLE } from '../trust-policy.ts';
import type { Principal, Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';

const REMEDY = `Write "Principal": {"Federated": "${GOOGLE}"}.`;

const isGoogle = ({ type, name }: Principal): boolean => type === 'Federated' && name === GOOGLE;

/** Of a statement that is for Google's tokens. What a Deny names does no harm. */
export function checkPrincipal({ where, effect, principals, hasNotPrincipal }: Statement): Finding[] {
  const at = `${where}, Principal`;
  if (effect === 'Deny') return [];
  if (hasNotPrincipal)
    return [mistake(`${where}, NotPrincipal`, 'trusts everybody but those that it names', REMEDY)];
  const findings = principals.flatMap((principal) => checkOne(at, principal));
  if (findings.length > 0 || principals.some(isGoogle)) return findings;
  return [mistake(at, `must be ${GOOGLE}, whose tokens this statement is for`, REMEDY)];
}

/** Of a statement for others, which is not ours to judge beyond this. */
export function checkOthersPrincipal({ where, effect, principals, conditions }: Statement): Finding[] {
  const open = effect === 'Allow' && conditions.length === 0 && principals.some(({ name }) => name === '*');
  return open
    ? [
        mistake(
          `${where}, Principal`,
          'is "*" without any condition: every AWS account may assume the role',
          'Name who may.',
        ),
      ]
    : [];
}

function checkOne(at: string, principal: Principal): Finding[] {
  const { type, name } = principal;
  if (name.includes('*'))
    return [mistake(at, `must name one provider, and ${quote(name)} is a wildcard`, REMEDY)];
  if (/:oidc-provider\/accounts\.google\.com/i.test(name)) {
    return [
      mistake(
        at,
        `is an IAM identity provider registered for Google, ${quote(name)}: AWS has Google built in, and STS answers InvalidIdentityToken where there is another`,
        `${REMEDY} And delete the provider: aws iam delete-open-id-connect-provider --open-id-connect-provider-arn ARN`,
      ),
    ];
  }
  if (!/accounts\.google\.com/i.test(name) || isGoogle(principal)) return [];
  const said = quote(name);
  return [
    mistake(at, `must be exactly {"Federated": "${GOOGLE}"}, and is ${said} as ${quote(type)}`, REMEDY),
  ];
}
