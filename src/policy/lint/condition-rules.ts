// What a statement for Google's tokens asks of them: keys that there are, compared by operators that tell one from another.
import { quote } from '../../config/show.ts';
import { checkClaim } from './claim-rules.ts';
import { readConditionKey } from './condition-keys.ts';
import { readOperator } from './condition-operators.ts';
import type { Operator } from './condition-operators.ts';
import type { Condition, Statement } from './document.ts';
import { mistake, note } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkValues } from './value-rules.ts';

export const checkConditions = ({ conditions, effect }: Statement): Finding[] =>
  conditions.flatMap((condition) => checkCondition(condition, effect === 'Deny'));

function checkCondition(condition: Condition, denies: boolean): Finding[] {
  const { where, key, values } = condition;
  const operator = readOperator(condition.operator);
  if (operator === undefined)
    return [mistake(where, 'is not an operator that IAM has', 'Write StringEquals.')];
  const read = readConditionKey(key);
  switch (read.kind) {
    case 'absent': {
      const met = operator.metWithoutKey(values.map(({ text }) => text));
      const so = met ? 'is always met, and guards nothing' : 'can never be met';
      return [mistake(where, `${read.because}, so this condition ${so}`, read.fix)];
    }
    case 'outside':
      return [note(where, read.because, read.fix)];
    case 'claim':
      return checkClaim(condition, { claim: read.claim, operator, denies });
    case 'other':
      return [];
    case 'identity': {
      const findings = checkOperator(condition, operator, denies);
      return findings.length > 0 || operator.comparison === 'null'
        ? findings
        : checkValues(condition, { name: read.name, operator, denies });
    }
  }
}

/** On a key that every token of Google has. */
function checkOperator(condition: Condition, operator: Operator, denies: boolean): Finding[] {
  const { where, values } = condition;
  const { comparison, everyValue, ifExists } = operator;
  if (comparison === 'number' || comparison === 'other') {
    return [
      mistake(where, 'compares something else than texts, and this key is a text', 'Write StringEquals.'),
    ];
  }
  if (comparison === 'null') {
    const absent = operator.metWithoutKey(values.map(({ text }) => text));
    return absent
      ? [mistake(where, "asks for a token without this claim, and Google's tokens have it", 'Remove it.')]
      : [note(where, 'says only that there is a value', 'StringEquals on the key says it too.')];
  }
  if (denies) return [];
  if (comparison === 'negated')
    return [mistake(where, 'trusts every Google account but the one named', 'Write StringEquals.')];
  if (everyValue || ifExists) {
    const which = everyValue ? 'ForAllValues:' : '…IfExists';
    return [
      mistake(where, `${quote(which)} is met by a token without this claim, too`, 'Write StringEquals.'),
    ];
  }
  return [];
}
