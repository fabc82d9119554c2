// Finds known mistakes in a trust policy for Google's tokens. Statements for other principals, such as AWS roles, are reported
// only if they open the role to everyone.
import type { GoogleService } from '../google-services.ts';
import { GOOGLE } from '../trust-policy.ts';
import { checkActions, checkUnrelatedActions, coversWebIdentity, isWebIdentity } from './action-rules.ts';
import { isGoogleKey } from './condition-keys.ts';
import { checkConditions } from './condition-rules.ts';
import type { Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkPrincipal, checkUnrelatedPrincipal, isOpen, namesAwsPrincipals } from './principal-rules.ts';
import { checkExpected } from './expected-rules.ts';
import type { Expected } from './expected-rules.ts';
import { checkServicePins, serviceStatements } from './google-service-rules.ts';
import { checkPins } from './pin-rules.ts';

/** @returns mistakes and notes, in the order of the statements */
export function lintTrustPolicy(statements: readonly Statement[], expected: Expected): Finding[] {
  const googleStatements = statements.filter(isForGoogle);
  const trusting = googleStatements.filter(({ effect }) => effect === 'Allow');
  const { service } = expected;
  const forService = new Set(service === undefined ? [] : serviceStatements(trusting, service));
  const trustsNobody = statements.every(({ malformed }) => malformed.length === 0) && trusting.length === 0;
  return [
    ...statements.flatMap((statement) =>
      googleStatements.includes(statement)
        ? checkGoogleStatement(statement, forService.has(statement) ? service : undefined)
        : checkOtherStatement(statement),
    ),
    ...(trustsNobody
      ? [
          mistake(
            'Statement',
            "must trust Google's tokens, but no statement does",
            'Use the output of `fedbridge trust-policy`. For a chained role, which trusts the previous role instead of Google, add `--hop N`.',
          ),
        ]
      : []),
    ...checkExpected(trusting, expected),
  ];
}

/**
 * Checks a statement for Google's tokens. Reports a malformed element only as malformed, and does not check its content.
 * @param service undefined if the statement is for the bridge or one of the user's other service accounts
 */
function checkGoogleStatement(statement: Statement, service: GoogleService | undefined): Finding[] {
  const readable = (part: string) => !statement.malformed.includes(part);
  return [
    ...checkForm(statement),
    ...(readable('Principal') ? checkPrincipal(statement, service?.name) : []),
    ...(readable('Action') ? checkActions(statement) : []),
    ...(readable('Condition')
      ? [...checkConditions(statement, service?.name), ...pinFindings(statement, service)]
      : []),
  ];
}

const pinFindings = (statement: Statement, service: GoogleService | undefined): Finding[] =>
  service === undefined ? checkPins(statement) : checkServicePins(statement, service);

const checkOtherStatement = (statement: Statement): Finding[] => [
  ...checkForm(statement),
  ...checkUnrelatedPrincipal(statement),
  ...checkUnrelatedActions(statement),
];

const checkForm = ({ where, malformed }: Statement): Finding[] =>
  malformed.map((part) =>
    mistake(`${where}, ${part}`, 'has a format that IAM does not accept', FORMS[part] ?? ''),
  );

const FORMS: Readonly<Record<string, string>> = {
  Effect: 'Write "Allow" or "Deny".',
  Principal: `Write {"Federated": "${GOOGLE}"}.`,
  Action: 'Write a string, or a list of strings.',
  Condition: 'Write {"StringEquals": {KEY: VALUE, …}}.',
};

/**
 * Whether the statement applies to Google's tokens. Checks every element, so that a mistake in one element does not hide mistakes
 * in the others.
 */
function isForGoogle(statement: Statement): boolean {
  const { effect, principals, actions, hasNotAction, conditions } = statement;
  if (principals.some(({ name }) => /accounts\.google\.com/i.test(name))) return true;
  if (conditions.some(({ key }) => isGoogleKey(key))) return true;
  // The action alone is not enough, because statements for other identity providers use it too.
  if (actions.some(isWebIdentity)) return isOpen(statement) || !principals.some(isAnotherProvider);
  const covered = hasNotAction || actions.some(coversWebIdentity);
  return effect !== 'Deny' && covered && isOpen(statement) && !conditions.some(namesAwsPrincipals);
}

const isAnotherProvider = ({ type, name }: { type: string; name: string }): boolean =>
  type === 'Federated' && name !== '*';
