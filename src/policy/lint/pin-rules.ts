// Whether a statement for Google's tokens says whose and for what: without that anybody's token, or one of another service, will do.
import { quote } from '../../config/show.ts';
import { GOOGLE } from '../trust-policy.ts';
import { readConditionKey } from './condition-keys.ts';
import type { IdentityKey } from './condition-keys.ts';
import { readOperator } from './condition-operators.ts';
import type { Condition, Statement } from './document.ts';
import { mistake, note } from './finding.ts';
import type { Finding } from './finding.ts';
import { isUniqueId } from './value-rules.ts';

/** What the role is known to need; the policy is compared with it. */
export interface Expected {
  readonly uniqueId?: string;
  readonly audience?: string;
}

/** Of a statement that is for Google's tokens. */
export function checkPins(statement: Statement): Finding[] {
  const { where, effect, conditions } = statement;
  if (effect !== 'Allow') return [];
  const meant = new Set(conditions.filter(names).map(keyMeant));
  if (!meant.has('aud') && !meant.has('sub')) {
    return [
      mistake(
        where,
        `pins neither ${GOOGLE}:aud nor :sub: everybody with a Google account can have a token that fits`,
        'Pin :aud and :sub to the unique ID, and :oaud to the audience: `fedbridge trust-policy` prints it.',
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

/** What opens the role where a key is not pinned: AWS compares each with a claim of its own. */
const OPENING: Readonly<Record<IdentityKey, string>> = {
  aud: 'a token of this service account that another got opens the role, too',
  sub: 'a token that this service account got for another opens the role, too',
  oaud: 'a token of this service account for another service opens the role, too',
};

const TO_PIN: Readonly<Record<IdentityKey, string>> = {
  aud: 'Pin it to the unique ID, as :sub.',
  sub: 'Pin it to the unique ID, as :aud.',
  oaud: 'Pin it to an audience that is for STS alone (aws.audience).',
};

/** Tokens of the metadata server have the unique ID as `azp` and as `sub`. */
function checkSameAccount({ where, conditions }: Statement): Finding[] {
  const [azp, subject] = [pinned(conditions, 'aud'), pinned(conditions, 'sub')];
  const comparable = [azp, subject].every((ids) => ids.length > 0 && ids.every(isUniqueId));
  const differing = [...azp, ...subject].find((id) => !azp.includes(id) || !subject.includes(id));
  return comparable && differing !== undefined
    ? [
        mistake(
          where,
          `pins ${GOOGLE}:aud and :sub to different unique IDs (${quote(differing)} is in one of them alone), and a service account's token has the same in both`,
          'Write the same in both.',
        ),
      ]
    : [];
}

/** Of all statements for Google's tokens: one of them has to be for what is expected, and what others take is told. */
export function checkExpected(statements: readonly Statement[], expected: Expected): Finding[] {
  const found = statements.map((statement) => differences(statement, expected));
  const met = found.some(({ length }) => length === 0);
  return [...(met ? [] : found.flat()), ...statements.flatMap((one) => additions(one, expected, met))];
}

/** @param met whether one of the statements is for what is expected; where none is, a value that differs is a mistake */
function additions({ where, conditions }: Statement, { uniqueId, audience }: Expected, met: boolean) {
  const beside = (wanted: string | undefined, keys: readonly IdentityKey[]): string | undefined => {
    const values = keys.map((name) => pinned(conditions, name));
    const told = values.filter((some) => wanted !== undefined && (met || some.includes(wanted))).flat();
    const others = new Set(told.filter((value) => value !== wanted));
    return wanted === undefined || others.size === 0
      ? undefined
      : `${[...others].map(quote).join(' and ')} beside ${quote(wanted)}`;
  };
  const accounts = beside(uniqueId, ['aud', 'sub']);
  const audiences = beside(audience, ['oaud']);
  return [
    ...(accounts === undefined
      ? []
      : [note(where, `trusts ${accounts}`, 'Remove what is not to assume the role.')]),
    ...(audiences === undefined
      ? []
      : [
          note(
            `${where}, ${GOOGLE}:oaud`,
            `takes tokens for ${audiences}`,
            'Remove it: whoever is shown such a token can assume the role with it.',
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
        ? 'Write the audience that the bridge asks its token for (aws.audience).'
        : 'A service account that was made again under the same e-mail has a new unique ID: trust that one.';
    return [
      mistake(
        `${where}, ${GOOGLE}:${name}`,
        `must be ${quote(wanted)}, and is ${values.map(quote).join(' or ')}`,
        fix,
      ),
    ];
  });
}

/** The values that a key is to have; none where nothing says which. */
const pinned = (conditions: readonly Condition[], name: IdentityKey): string[] =>
  conditions
    .filter((condition) => names(condition) && identityKeyOf(condition) === name)
    .flatMap(({ values }) => values.map(({ text }) => text));

/** By an operator that says who is meant, not who is not. How well it does is the conditions' own matter. */
function names({ operator }: Condition): boolean {
  const comparison = readOperator(operator)?.comparison;
  return comparison !== undefined && comparison !== 'negated' && comparison !== 'null';
}

function identityKeyOf({ key }: Condition): IdentityKey | undefined {
  const read = readConditionKey(key);
  return read.kind === 'identity' ? read.name : undefined;
}

/** The key itself, or the one that a misspelt key stands for, which is told as a mistake of its own. */
function keyMeant(condition: Condition): IdentityKey | undefined {
  const read = readConditionKey(condition.key);
  return read.kind === 'absent' ? read.meant : identityKeyOf(condition);
}
