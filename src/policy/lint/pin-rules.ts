// Checks that a statement for Google's tokens pins the account and the audience. Otherwise, tokens for other accounts or other
// services would match.
import { quote } from '../../config/show.ts';
import { GOOGLE } from '../trust-policy.ts';
import { readConditionKey } from './condition-keys.ts';
import type { IdentityKey } from './condition-keys.ts';
import { readOperator } from './condition-operators.ts';
import type { Condition, Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';
import { isUniqueId } from './value-rules.ts';

/** @param statement a statement for Google's tokens */
export function checkPins(statement: Statement): Finding[] {
  const { where, effect, conditions } = statement;
  if (effect !== 'Allow') return [];
  const meant = pinnedKeys(conditions);
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
  const onlySubject = missing.length === 2 && meant.has('sub');
  return [
    ...missing.map((name) =>
      mistake(
        where,
        `does not pin ${GOOGLE}:${name}: ${OPENING[name]}`,
        name === 'oaud' && onlySubject ? `${TO_PIN[name]} ${FOR_A_SERVICE}` : TO_PIN[name],
      ),
    ),
    ...checkSameAccount(statement),
  ];
}

/** Describes what would be possible if a key were not pinned. AWS compares each key with a different claim. */
const OPENING: Readonly<Record<IdentityKey, string>> = {
  aud: 'another party that obtained a token for this service account could also assume the role',
  sub: 'the role could also be assumed with a token that this service account obtained for a different account',
  oaud: 'the role could also be assumed with a token that this service account obtained for a different service',
};

const TO_PIN: Readonly<Record<IdentityKey, string>> = {
  aud: 'Pin :aud to the same unique ID as :sub.',
  sub: 'Pin :sub to the same unique ID as :aud.',
  oaud: 'Pin :oaud to an audience that is used only for STS (aws.audience).',
};

/**
 * The suggestion for a statement that pins only :sub. The lint cannot recognize a Google service's account, because its ID looks
 * like all other IDs.
 */
const FOR_A_SERVICE =
  'If this is the ID of Storage Transfer Service or of a BigQuery connection, :sub is enough: rerun the lint with --for storage-transfer or --for bigquery.';

/**
 * Checks that :aud and :sub are pinned to the same account. Tokens from the metadata server contain the unique ID as both `azp`
 * and `sub`.
 */
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

/** Returns the keys that a statement pins, including misspelled ones, which are reported as a separate mistake. */
export const pinnedKeys = (conditions: readonly Condition[]): ReadonlySet<IdentityKey> =>
  new Set(conditions.filter(names).flatMap((condition) => keyMeant(condition) ?? []));

/** Returns the values to which a key is pinned; empty if it is not pinned. */
export const pinned = (conditions: readonly Condition[], name: IdentityKey): string[] =>
  conditions
    .filter((condition) => names(condition) && identityKeyOf(condition) === name)
    .flatMap(({ values }) => values.map(({ text }) => text));

/**
 * Whether the operator accepts the listed values, as opposed to excluding them. condition-rules.ts checks the operator in more
 * detail.
 */
function names({ operator }: Condition): boolean {
  const comparison = readOperator(operator)?.comparison;
  return comparison !== undefined && comparison !== 'negated' && comparison !== 'null';
}

function identityKeyOf({ key }: Condition): IdentityKey | undefined {
  const read = readConditionKey(key);
  return read.kind === 'identity' ? read.name : undefined;
}

/** Returns the key itself, or the intended key if it is misspelled. The misspelling is reported as a separate mistake. */
function keyMeant(condition: Condition): IdentityKey | undefined {
  const read = readConditionKey(condition.key);
  return read.kind === 'absent' ? read.meant : identityKeyOf(condition);
}
