// Checks the conditions in a statement for Google's tokens: the keys must exist, and the operators must distinguish one token
// from another.
import { quote } from '../../config/show.ts';
import { SERVICE_ACCOUNTS } from '../google-services.ts';
import type { GoogleServiceName } from '../google-services.ts';
import { checkClaim } from './claim-rules.ts';
import { readConditionKey } from './condition-keys.ts';
import { readOperator } from './condition-operators.ts';
import type { Operator } from './condition-operators.ts';
import type { Condition, Statement } from './document.ts';
import { mistake, note } from './finding.ts';
import type { Finding } from './finding.ts';
import { VENDED_SESSION_PREFIX } from '../vended-policy.ts';
import { checkValues, UNIQUE_ID_COMMAND } from './value-rules.ts';

/** @param service the service that the statement is for, if it is not for the bridge */
export const checkConditions = ({ conditions, effect }: Statement, service?: GoogleServiceName): Finding[] =>
  conditions.flatMap((condition) => checkCondition(condition, effect === 'Deny', service));

function checkCondition(condition: Condition, denies: boolean, service?: GoogleServiceName): Finding[] {
  const { where, key, values } = condition;
  const operator = readOperator(condition.operator);
  if (operator === undefined)
    return [mistake(where, 'uses an operator that does not exist in IAM', 'Use StringEquals.')];
  const read = readConditionKey(key);
  switch (read.kind) {
    case 'absent': {
      const met = operator.metWithoutKey(values.map(({ text }) => text));
      const effect = met ? 'always matches and protects nothing' : 'can never match';
      return [mistake(where, `${read.because}, so this condition ${effect}`, read.fix)];
    }
    case 'outside':
      return [
        service === undefined
          ? note(where, `matches only if the bridge calls STS ${read.how}`, read.fix)
          : note(
              where,
              `matches only if ${SERVICE_ACCOUNTS[service].owner} calls STS ${read.how}`,
              "Remove this key: the service uses Google's own network.",
            ),
      ];
    case 'claim':
      return checkClaim(condition, { claim: read.claim, operator, denies });
    case 'session name':
      return checkSessionName(condition, operator, denies);
    case 'other':
      return [];
    case 'identity': {
      const findings = checkOperator(condition, operator, denies);
      return findings.length > 0 || operator.comparison === 'null'
        ? findings
        : checkValues(condition, { name: read.name, operator, denies, idCommand: idCommandOf(service) });
    }
  }
}

/**
 * Reports a condition that excludes vended sessions as a note. Otherwise, the first caller that requests AWS credentials would
 * find the problem.
 */
function checkSessionName(
  { where, values }: Condition,
  { comparison }: Operator,
  denies: boolean,
): Finding[] {
  const isAllowList = comparison === 'text' || comparison === 'pattern';
  if (denies || !isAllowList || values.some(({ text }) => mayMatchVended(text, comparison))) return [];
  return [
    note(
      where,
      `excludes vended credentials, because their session names begin with ${quote(VENDED_SESSION_PREFIX)}`,
      `If a grant allows vend, also allow "${VENDED_SESSION_PREFIX}*" with StringLike.`,
    ),
  ];
}

/** Whether the value can match the name of a vended session. Only the text before a pattern's first wildcard is compared. */
function mayMatchVended(value: string, comparison: Operator['comparison']): boolean {
  const literal = comparison === 'pattern' ? value.replace(/[*?].*$/s, '') : value;
  return (
    literal.startsWith(VENDED_SESSION_PREFIX) ||
    (literal !== value && VENDED_SESSION_PREFIX.startsWith(literal))
  );
}

const idCommandOf = (service: GoogleServiceName | undefined): string =>
  service === undefined ? UNIQUE_ID_COMMAND : SERVICE_ACCOUNTS[service].command;

/** @param condition a condition on a key that every Google token has */
function checkOperator(condition: Condition, operator: Operator, denies: boolean): Finding[] {
  const { where, values } = condition;
  const { comparison, everyValue, ifExists } = operator;
  if (comparison === 'number' || comparison === 'other') {
    return [mistake(where, 'must compare strings, because this key is a string', 'Use StringEquals.')];
  }
  if (comparison === 'null') {
    const absent = operator.metWithoutKey(values.map(({ text }) => text));
    return absent
      ? [
          mistake(
            where,
            "requires a token without this claim, but all of Google's tokens have it",
            'Remove this condition.',
          ),
        ]
      : [
          note(
            where,
            'requires only that the claim exists',
            'Compare the claim with StringEquals, which also requires that the claim exists.',
          ),
        ];
  }
  if (denies) return [];
  if (comparison === 'negated')
    return [mistake(where, 'trusts every Google account except the named one', 'Use StringEquals.')];
  if (everyValue || ifExists) {
    const which = everyValue ? 'ForAllValues:' : '…IfExists';
    return [mistake(where, `${quote(which)} also matches a token without this claim`, 'Use StringEquals.')];
  }
  return [];
}
