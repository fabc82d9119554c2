// Checks that the values of :aud and :sub are unique IDs, and that the values of :oaud are audiences.
import { UNIQUE_ID } from '../../config/google-names.ts';
import { quote } from '../../config/show.ts';
import { GOOGLE } from '../trust-policy.ts';
import type { Claim } from './claim-keys.ts';
import type { IdentityKey } from './condition-keys.ts';
import type { Operator } from './condition-operators.ts';
import type { Condition, ConditionValue } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';

export const isUniqueId = (text: string): boolean => UNIQUE_ID.test(text);

/**
 * The command that prints a service account's unique ID. The ID changes if the account is deleted and re-created with the same
 * email.
 */
export const UNIQUE_ID_COMMAND = "gcloud iam service-accounts describe EMAIL --format='value(uniqueId)'";

/** Match placeholders such as `<UNIQUE_ID>`, `${id}`, `{{ id }}`, `UNIQUE_ID`, `your-id`, `…` or zeros. */
const PLACEHOLDERS: readonly RegExp[] = [
  /<[^>]*>|\$\{|\{\{/,
  /^(?:0+|…|\.\.\.)$/,
  /^[A-Z]+(?:_[A-Z]+)+$/,
  /^(?:your|my)[_-]|^(?:change|replace)[_-]?me|^(?:todo|x{3,})$/i,
];

/** The format of all service accounts' unique IDs so far. An audience is unlikely to have this format. */
const LOOKS_LIKE_UNIQUE_ID = /^\d{21}$/;

interface Compared {
  readonly name: IdentityKey;
  /** The command that prints the ID that `:aud` and `:sub` must contain. */
  readonly idCommand: string;
  readonly operator: Operator;
  readonly denies: boolean;
}

/** Reports only the first finding for each value. */
export function checkValues({ where, values }: Condition, compared: Compared): Finding[] {
  return values.flatMap((value) => {
    const found =
      misread(value, compared) ?? unfilled(value) ?? wildcard(value, compared) ?? misplaced(value, compared);
    return found === undefined ? [] : [mistake(where, ...found)];
  });
}

/** Checks the values that a policy lists for a claim's condition key. Patterns are accepted because :sub is also pinned. */
export function checkClaimValues(
  { where, values }: Condition,
  { claim, ...compared }: Omit<Compared, 'name' | 'idCommand'> & { readonly claim: Claim },
): Finding[] {
  const isPattern = compared.operator.comparison === 'pattern';
  return values.flatMap((value) => {
    const found =
      unfilled(value) ?? (isPattern ? undefined : (wildcard(value, compared) ?? malformed(value, claim)));
    return found === undefined ? [] : [mistake(where, ...found)];
  });
}

type ValueFinding = readonly [rule: string, fix: string];

function misread(
  { text, isNumber }: ConditionValue,
  { idCommand }: Pick<Compared, 'idCommand'>,
): ValueFinding | undefined {
  if (!isNumber) return undefined;
  return [
    `must be in quotes, but is the number ${text}: JSON parsers round numbers of this length, so the last digits are lost`,
    `Write the number as a string, exactly as Google prints it: ${idCommand}`,
  ];
}

function unfilled({ text }: ConditionValue): ValueFinding | undefined {
  if (!PLACEHOLDERS.some((form) => form.test(text))) return undefined;
  return [
    `must be an actual value, but ${quote(text)} is a placeholder or a variable`,
    'Fill in the value, or use the output of `fedbridge trust-policy`.',
  ];
}

function wildcard(
  { text }: ConditionValue,
  { operator, denies }: Pick<Compared, 'operator' | 'denies'>,
): ValueFinding | undefined {
  if (denies) return undefined;
  if (operator.comparison === 'pattern')
    return /[*?]/.test(text)
      ? [
          `must be one value, but ${quote(text)} matches many values`,
          'Write the exact value, and use StringEquals.',
        ]
      : undefined;
  // Rejects only asterisks, because a question mark may be part of an audience.
  return text.includes('*')
    ? [`compares ${quote(text)} literally, but no token contains an asterisk`, 'Write the exact value.']
    : undefined;
}

function malformed({ text }: ConditionValue, { contains, form, fillIn }: Claim): ValueFinding | undefined {
  if (form.test(text)) return undefined;
  return [`is compared with the token's ${contains}, but ${quote(text)} has a different format`, fillIn];
}

function misplaced(
  { text }: ConditionValue,
  { name, idCommand }: Pick<Compared, 'name' | 'idCommand'>,
): ValueFinding | undefined {
  if (name === 'oaud') {
    if (!LOOKS_LIKE_UNIQUE_ID.test(text)) return undefined;
    return [
      `must be the token's audience, but ${quote(text)} is a unique ID`,
      `Write the audience here (aws.audience), and the unique ID in ${GOOGLE}:aud and :sub.`,
    ];
  }
  if (isUniqueId(text)) return undefined;
  const claim =
    name === 'aud' ? "the token's azp, which is the service account's unique ID" : "the token's sub";
  if (text.includes('@')) {
    return [`is compared with ${claim}, but ${quote(text)} is an email`, `Write the unique ID: ${idCommand}`];
  }
  return [
    `is compared with ${claim}, but ${quote(text)} is not a unique ID`,
    name === 'aud'
      ? `Write the unique ID here (${idCommand}), and the audience in ${GOOGLE}:oaud.`
      : `Write the unique ID: ${idCommand}`,
  ];
}
