// Checks that a statement for Google's tokens pins the account and the audience. Otherwise, tokens for other accounts or other
// services would match.
import { quote } from '../../config/show.ts';
import { GOOGLE } from '../trust-policy.ts';
import { readConditionKey } from './condition-keys.ts';
import type { IdentityKey } from './condition-keys.ts';
import { readOperator } from './condition-operators.ts';
import type { Condition, Statement } from './document.ts';
import { mistake, note } from './finding.ts';
import type { Finding } from './finding.ts';
import { isUniqueId } from './value-rules.ts';

/** The known values that the policy is compared with. */
export interface Expected {
  readonly uniqueId?: string;
  readonly audience?: string;
}

/** @param statement a statement for Google's tokens */
export function checkPins(statement: Statement): Finding[] {
  const { where, effect, conditions } = statement;
  if (effect !== 'Allow') return [];
  const meant = new Set(conditions.filter(names).map(keyMeant));
  if (!meant.has('aud') && !meant.has('sub')) {
    return [
      mistake(
        where,
        `pins neither ${GOOGLE}:aud nor :sub: anyone with a Google account can get a token that matches`,
        'Pin :aud and :sub to the unique ID, and :oaud to the audience: `fedbridge trust-policy` prints such a policy.',
      ),
    ];
  }
  const missing = (['aud', 'sub', 'oaud'] as const).filter((name) => !meant.has(name));
  return [
    ...missing.map((name) =>
      mistake(where, `does not pin ${GOOGLE}:${name}: ${OPENING[name]}`, TO_PIN[name]),
    ),
    ...checkSameAccount(statement),
  ];
}

/** Which other tokens would match if the key were not pinned. AWS compares each key with a different claim. */
const OPENING: Readonly<Record<IdentityKey, string>> = {
  aud: 'another party that obtained a token for this service account could also assume the role',
  sub: 'the role could also be assumed with a token that this service account obtained for another account',
  oaud: 'the role could also be assumed with a token that this service account obtained for another service',
};

const TO_PIN: Readonly<Record<IdentityKey, string>> = {
  aud: 'Pin :aud to the same unique ID as :sub.',
  sub: 'Pin :sub to the same unique ID as :aud.',
  oaud: 'Pin :oaud to an audience that is used only for STS (aws.audience).',
};

/** Tokens from the metadata server have the unique ID as both `azp` and `sub`. */
function checkSameAccount({ where, conditions }: Statement): Finding[] {
  const [azp, subject] = [pinned(conditions, 'aud'), pinned(conditions, 'sub')];
  const comparable = [azp, subject].every((ids) => ids.length > 0 && ids.every(isUniqueId));
  const differing = [...azp, ...subject].find((id) => !azp.includes(id) || !subject.includes(id));
  return comparable && differing !== undefined
    ? [
        mistake(
          where,
          `pins ${GOOGLE}:aud and :sub to different unique IDs (${quote(differing)} is in only one of them), but a service account's token has the same ID in both`,
          'Write the same ID in both keys.',
        ),
      ]
    : [];
}

/**
 * At least one statement for Google's tokens must match the expected values. Reports any additional values that the policy
 * accepts.
 */
export function checkExpected(statements: readonly Statement[], expected: Expected): Finding[] {
  const found = statements.map((statement) => differences(statement, expected));
  const met = found.some(({ length }) => length === 0);
  return [...(met ? [] : found.flat()), ...statements.flatMap((one) => additions(one, expected, met))];
}

/**
 * @param met whether a statement matches the expected values; otherwise, a key that lacks the expected value is reported as a
 * mistake, not as an addition
 */
function additions({ where, conditions }: Statement, { uniqueId, audience }: Expected, met: boolean) {
  const besides = (wanted: string | undefined, keys: readonly IdentityKey[]): string | undefined => {
    const values = keys.map((name) => pinned(conditions, name));
    const accepted = values.filter((some) => wanted !== undefined && (met || some.includes(wanted))).flat();
    const others = new Set(accepted.filter((value) => value !== wanted));
    return wanted === undefined || others.size === 0
      ? undefined
      : `${[...others].map(quote).join(' and ')} in addition to ${quote(wanted)}`;
  };
  const accounts = besides(uniqueId, ['aud', 'sub']);
  const audiences = besides(audience, ['oaud']);
  return [
    ...(accounts === undefined
      ? []
      : [
          note(
            where,
            `trusts ${accounts}`,
            'Remove the unique ID of every account that must not assume the role.',
          ),
        ]),
    ...(audiences === undefined
      ? []
      : [
          note(
            `${where}, ${GOOGLE}:oaud`,
            `accepts tokens for ${audiences}`,
            'Remove the other audiences: anyone who receives a token for one of them can assume the role.',
          ),
        ]),
  ];
}

function differences({ where, conditions }: Statement, { uniqueId, audience }: Expected): Finding[] {
  return (['aud', 'oaud', 'sub'] as const).flatMap((name) => {
    const wanted = name === 'oaud' ? audience : uniqueId;
    const values = pinned(conditions, name);
    if (wanted === undefined || values.length === 0 || values.includes(wanted)) return [];
    const fix =
      name === 'oaud'
        ? "Write the audience of the bridge's tokens (aws.audience)."
        : 'A service account that was deleted and re-created with the same e-mail has a new unique ID: trust the new ID.';
    return [
      mistake(
        `${where}, ${GOOGLE}:${name}`,
        `must be ${quote(wanted)}, but is ${values.map(quote).join(' or ')}`,
        fix,
      ),
    ];
  });
}

/** The values that a key is pinned to; empty if it is not pinned. */
const pinned = (conditions: readonly Condition[], name: IdentityKey): string[] =>
  conditions
    .filter((condition) => names(condition) && identityKeyOf(condition) === name)
    .flatMap(({ values }) => values.map(({ text }) => text));

/** Whether the operator names values to include, not to exclude. condition-rules.ts checks the operator in more detail. */
function names({ operator }: Condition): boolean {
  const comparison = readOperator(operator)?.comparison;
  return comparison !== undefined && comparison !== 'negated' && comparison !== 'null';
}

function identityKeyOf({ key }: Condition): IdentityKey | undefined {
  const read = readConditionKey(key);
  return read.kind === 'identity' ? read.name : undefined;
}

/** The key itself, or the intended key if it is misspelled. The misspelling is reported as a separate mistake. */
function keyMeant(condition: Condition): IdentityKey | undefined {
  const read = readConditionKey(condition.key);
  return read.kind === 'absent' ? read.meant : identityKeyOf(condition);
}
