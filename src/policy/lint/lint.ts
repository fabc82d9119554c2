// The known mistakes in a trust policy for Google's tokens. Of statements for others, such as AWS principals, only that they
// open the role to everybody.
import { GOOGLE } from '../trust-policy.ts';
import { checkActions, checkUnrelatedActions, coversWebIdentity, isWebIdentity } from './action-rules.ts';
import { isGoogleKey } from './condition-keys.ts';
import { checkConditions } from './condition-rules.ts';
import type { Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkPrincipal, checkUnrelatedPrincipal, isOpen, namesAwsPrincipals } from './principal-rules.ts';
import { checkExpected, checkPins } from './pin-rules.ts';
import type { Expected } from './pin-rules.ts';

/** @returns what is wrong, in the order of the statements; notes among it */
export function lintTrustPolicy(statements: readonly Statement[], expected: Expected): Finding[] {
  const googleStatements = statements.filter(isForGoogle);
  const trusting = googleStatements.filter(({ effect }) => effect === 'Allow');
  const nobody = statements.every(({ malformed }) => malformed.length === 0) && trusting.length === 0;
  return [
    ...statements.flatMap((statement) =>
      googleStatements.includes(statement) ? checkGoogleStatement(statement) : checkOtherStatement(statement),
    ),
    ...(nobody
      ? [
          mistake(
            'Statement',
            "must trust Google's tokens, and none does",
            'Write what `fedbridge trust-policy` prints. A further hop trusts the role before it instead: `--hop N` prints that.',
          ),
        ]
      : []),
    ...checkExpected(trusting, expected),
  ];
}

/** What a part lacks is not told where the part could not be read. */
function checkGoogleStatement(statement: Statement): Finding[] {
  const readable = (part: string) => !statement.malformed.includes(part);
  return [
    ...checkForm(statement),
    ...(readable('Principal') ? checkPrincipal(statement) : []),
    ...(readable('Action') ? checkActions(statement) : []),
    ...(readable('Condition') ? [...checkConditions(statement), ...checkPins(statement)] : []),
  ];
}

const checkOtherStatement = (statement: Statement): Finding[] => [
  ...checkForm(statement),
  ...checkUnrelatedPrincipal(statement),
  ...checkUnrelatedActions(statement),
];

const checkForm = ({ where, malformed }: Statement): Finding[] =>
  malformed.map((part) => mistake(`${where}, ${part}`, 'is not in a form that IAM takes', FORMS[part] ?? ''));

const FORMS: Readonly<Record<string, string>> = {
  Effect: 'Write "Allow" or "Deny".',
  Principal: `Write {"Federated": "${GOOGLE}"}.`,
  Action: 'Write a text, or a list of texts.',
  Condition: 'Write {"StringEquals": {KEY: VALUE, …}}.',
};

/** By any of its parts, so that a mistake in one of them does not hide the others. */
function isForGoogle(statement: Statement): boolean {
  const { effect, principals, actions, hasNotAction, conditions } = statement;
  if (principals.some(({ name }) => /accounts\.google\.com/i.test(name))) return true;
  if (conditions.some(({ key }) => isGoogleKey(key))) return true;
  // Other providers use the same action.
  if (actions.some(isWebIdentity)) return isOpen(statement) || !principals.some(isAnotherProvider);
  const covered = hasNotAction || actions.some(coversWebIdentity);
  return effect !== 'Deny' && covered && isOpen(statement) && !conditions.some(namesAwsPrincipals);
}

const isAnotherProvider = ({ type, name }: { type: string; name: string }): boolean =>
  type === 'Federated' && name !== '*';
