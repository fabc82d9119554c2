// The building blocks of the schema: for each kind of field, its check, its error message and its JSON Schema.
import * as z from 'zod';
import type { TextRule } from './aws-names.ts';
import { type Notation, guessQuantity, readQuantity, showQuantity } from './units.ts';

/** The data in a custom issue, in addition to its message. */
export interface IssueDetails {
  /** The fix for the operator, in complete sentences. */
  readonly fix: string;
  /** Whether the field expects a string; if so, the fix for an unquoted number or boolean is to add quotes. */
  readonly text: boolean;
}

/**
 * The rules that editors check. The rules may accept values that the schema rejects, but must accept all values that the schema
 * accepts.
 */
export interface WrittenForm {
  readonly type?: 'string' | 'boolean' | 'integer' | 'number';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/**
 * Returns a schema for the values that `read` accepts. The schema reports any other value as one issue, whose `fix` may depend
 * on the value.
 */
export function form<T>(
  must: string,
  read: (value: unknown) => T | undefined,
  {
    text = false,
    fix = () => '',
    written,
  }: { text?: boolean; fix?: (value: unknown) => string; written: WrittenForm },
) {
  return z
    .unknown()
    .transform((input, context): T => {
      const result = read(input);
      if (result !== undefined) return result;
      const params: IssueDetails = { fix: fix(input), text };
      context.addIssue({ code: 'custom', message: must, params: { ...params }, input });
      return z.NEVER;
    })
    .meta({ ...written });
}

/** Returns a schema for the strings that `read` accepts. */
export function textForm<T>(
  must: string,
  read: (text: string) => T | undefined,
  fix: (text: string) => string = () => '',
  written: WrittenForm = {},
) {
  return form(must, (value) => (typeof value === 'string' ? read(value) : undefined), {
    text: true,
    fix: (value) => (typeof value === 'string' ? fix(value) : ''),
    written: { type: 'string', ...written },
  });
}

/** Returns a schema that accepts strings that pass the rule, and leaves them unchanged. */
export function text({ must, test, fix = '', pattern }: TextRule) {
  return textForm(
    must,
    (value) => (test(value) ? value : undefined),
    () => fix,
    pattern === undefined ? {} : { pattern },
  );
}

/** Returns a schema for a value that must be one of the given words. */
export function word<const W extends string>(...words: readonly W[]) {
  const must = words.length === 1 ? `must be ${words.join()}` : `must be one of ${words.join(', ')}`;
  return textForm(
    must,
    (value) => words.find((known) => known === value),
    () => '',
    { enum: words },
  );
}

export function yesOrNo() {
  return form('must be true or false', (value) => (typeof value === 'boolean' ? value : undefined), {
    fix: (value) => (typeof value === 'string' ? 'Write the value without quotes.' : ''),
    written: { type: 'boolean' },
  });
}

export function wholeNumber(least: number, most: number, unit: string) {
  // Avoids `toLocaleString`, which loads locale data and so slows down startup.
  const counted = (count: number) => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return form(
    `must be a whole number of ${unit} from ${counted(least)} to ${counted(most)}`,
    (value) =>
      Number.isInteger(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined,
    {
      fix: (value) =>
        typeof value === 'string' && /^\d+$/.test(value) ? 'Write the value without quotes.' : '',
      written: { type: 'integer', minimum: least, maximum: most },
    },
  );
}

/** Returns a schema for a number above 0 and at most 1. */
export function fraction() {
  return form(
    'must be a number above 0 and at most 1',
    (value) => (typeof value === 'number' && value > 0 && value <= 1 ? value : undefined),
    {
      fix: (value) => fractionFix(value),
      written: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    },
  );
}

function fractionFix(value: unknown): string {
  const [, percent] = /^(\d{1,3})\s*%?$/.exec(String(value)) ?? [];
  if (percent !== undefined && Number(percent) > 0 && Number(percent) <= 100)
    return `Write ${Number(percent) / 100} for ${percent} %.`;
  return typeof value === 'string' && Number(value) > 0 && Number(value) <= 1
    ? 'Write the value without quotes.'
    : '';
}

/** Returns a schema for a price in US dollars. */
export function price() {
  return form(
    'must be a price in US dollars per GB, from 0 to 10',
    (value) => (typeof value === 'number' && value >= 0 && value <= 10 ? value : undefined),
    {
      fix: (value) => (typeof value === 'string' ? 'Write the number only, without quotes, like 0.05.' : ''),
      written: { type: 'number', minimum: 0, maximum: 10 },
    },
  );
}

/** Returns a schema for a duration (in seconds) or a size (in bytes) that is written with its unit. */
export function quantity(least: number, most: number, notation: Notation) {
  const { name, units, examples } = notation;
  const isInRange = (value: number) => value >= least && value <= most;
  const shown = (value: number) => showQuantity(value, notation);
  const read = (value: unknown) => (typeof value === 'string' ? readQuantity(value, notation) : undefined);
  return form(
    `must be a ${name} from ${shown(least)} to ${shown(most)}`,
    (value) => {
      const result = read(value);
      return result !== undefined && isInRange(result) ? result : undefined;
    },
    {
      fix: (value) => {
        if (read(value) !== undefined || value === null) return '';
        const guess = guessQuantity(value, notation);
        if (guess !== undefined && isInRange(guess)) return `Write ${shown(guess)}.`;
        return `Write one whole number and one unit (${[...units.keys()].join(', ')}), like ${examples}.`;
      },
      written: { type: 'string', pattern: `^\\d+(?:${[...units.keys()].join('|')})$` },
    },
  );
}

/**
 * Returns a schema for a map with exactly these fields. The issue that zod reports for an unknown field does not list the known
 * fields, so this schema puts them into the issue's message, which is otherwise unused.
 */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? Object.keys(shape).join(',') : undefined),
  });
}

/**
 * Returns a schema that applies the second schema if `isSecond` returns true for the value, and otherwise the first. Unlike
 * zod's union, it reports the problems that the applied schema found. `json-schema.ts` turns `alternatives` into `anyOf`.
 */
export function either<First, Second>(
  first: z.ZodType<First>,
  second: z.ZodType<Second>,
  isSecond: (value: unknown) => boolean,
) {
  return z
    .unknown()
    .transform((input, context): First | Second => {
      const result = (isSecond(input) ? second : first).safeParse(input, { reportInput: true });
      if (result.success) return result.data;
      // This cast is safe: a finished issue is a raw issue with additional fields, but zod has separate types for the two.
      context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
      return z.NEVER;
    })
    .meta({ alternatives: [first, second] });
}
