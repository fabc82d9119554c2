// What :aud, :oaud and :sub are compared with: unique IDs and an audience, each in its place.
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

/** Where Google tells it: a service account that is made again under the same e-mail has another. */
export const UNIQUE_ID_COMMAND = "gcloud iam service-accounts describe EMAIL --format='value(uniqueId)'";

/** `<UNIQUE_ID>`, `${id}`, `{{ id }}`, `UNIQUE_ID`, `your-id`, `…`, zeros. */
const PLACEHOLDERS: readonly RegExp[] = [
  /<[^>]*>|\$\{|\{\{/,
  /^(?:0+|…|\.\.\.)$/,
  /^[A-Z]+(?:_[A-Z]+)+$/,
  /^(?:your|my)[_-]|^(?:change|replace)[_-]?me|^(?:todo|x{3,})$/i,
];

/** What unique IDs of service accounts look like so far; audiences hardly do. */
const LOOKS_LIKE_UNIQUE_ID = /^\d{21}$/;

interface Compared {
  readonly name: IdentityKey;
  readonly operator: Operator;
  readonly denies: boolean;
}

/** One finding a value at most: the first that it has. */
export function checkValues({ where, values }: Condition, compared: Compared): Finding[] {
  return values.flatMap((value) => {
    const found =
      misread(value) ?? unfilled(value) ?? wildcard(value, compared) ?? misplaced(value, compared.name);
    return found === undefined ? [] : [mistake(where, ...found)];
  });
}

/** On a key that :sub is pinned beside, so that a pattern may fit many. */
export function checkClaimValues(
  { where, values }: Condition,
  { claim, ...compared }: Omit<Compared, 'name'> & { readonly claim: Claim },
): Finding[] {
  const isPattern = compared.operator.comparison === 'pattern';
  return values.flatMap((value) => {
    const found =
      unfilled(value) ?? (isPattern ? undefined : (wildcard(value, compared) ?? malformed(value, claim)));
    return found === undefined ? [] : [mistake(where, ...found)];
  });
}

type ValueFinding = readonly [rule: string, fix: string];

function misread({ text, isNumber }: ConditionValue): ValueFinding | undefined {
  if (!isNumber) return undefined;
  return [
    `must be in quotes, and is the number ${text}: programs that read JSON round such numbers, and the last digits are lost`,
    `Write it as a text, as Google tells it: ${UNIQUE_ID_COMMAND}`,
  ];
}

function unfilled({ text }: ConditionValue): ValueFinding | undefined {
  if (!PLACEHOLDERS.some((form) => form.test(text))) return undefined;
  return [
    `must be a value of yours, and ${quote(text)} is a placeholder or a variable`,
    'Fill it in: `fedbridge trust-policy` does.',
  ];
}

function wildcard(
  { text }: ConditionValue,
  { operator, denies }: Omit<Compared, 'name'>,
): ValueFinding | undefined {
  if (denies) return undefined;
  if (operator.comparison === 'pattern')
    return /[*?]/.test(text)
      ? [`must be one value, and many fit ${quote(text)}`, 'Write the value itself, and StringEquals.']
      : undefined;
  // A question mark may be an audience's own.
  return text.includes('*')
    ? [`takes ${quote(text)} letter by letter, and no token has an asterisk`, 'Write the value itself.']
    : undefined;
}

function malformed({ text }: ConditionValue, { holds, form, fillIn }: Claim): ValueFinding | undefined {
  if (form.test(text)) return undefined;
  return [`is compared with the token's ${holds}, and ${quote(text)} is none`, fillIn];
}

function misplaced({ text }: ConditionValue, name: IdentityKey): ValueFinding | undefined {
  if (name === 'oaud') {
    if (!LOOKS_LIKE_UNIQUE_ID.test(text)) return undefined;
    return [
      `must be the audience that the token is asked for, and ${quote(text)} is a unique ID`,
      `Write the audience (aws.audience), and the unique ID as ${GOOGLE}:aud and :sub.`,
    ];
  }
  if (isUniqueId(text)) return undefined;
  const claim =
    name === 'aud' ? "the token's azp, which is the unique ID of the service account" : "the token's sub";
  if (text.includes('@')) {
    return [
      `is compared with ${claim}, and ${quote(text)} is an e-mail`,
      `Write the unique ID: ${UNIQUE_ID_COMMAND}`,
    ];
  }
  return [
    `is compared with ${claim}, and ${quote(text)} is no unique ID`,
    name === 'aud'
      ? `Write the unique ID here (${UNIQUE_ID_COMMAND}), and an audience as ${GOOGLE}:oaud.`
      : `Write the unique ID: ${UNIQUE_ID_COMMAND}`,
  ];
}
