// The building blocks of the schema: what a field may be, each with the sentence that a wrong value is answered with.
import * as z from 'zod';
import type { TextRule } from './aws-names.ts';
import { type Notation, guessQuantity, readQuantity, showQuantity } from './units.ts';

/** What our own issues carry besides the sentence. */
export interface IssueDetails {
  /** Whole sentences for the operator. */
  readonly fix: string;
  /** A text was wanted, so an unquoted number or truth value wants quotes. */
  readonly text: boolean;
}

/** A value that `read` understands, and anything else told as one issue; `fix` may depend on the wrong value. */
export function form<T>(
  must: string,
  read: (value: unknown) => T | undefined,
  { text = false, fix = () => '' }: { text?: boolean; fix?: (value: unknown) => string } = {},
) {
  return z.unknown().transform((input, context): T => {
    const result = read(input);
    if (result !== undefined) return result;
    const params: IssueDetails = { fix: fix(input), text };
    context.addIssue({ code: 'custom', message: must, params: { ...params }, input });
    return z.NEVER;
  });
}

/** A text that `read` understands. */
export function textForm<T>(
  must: string,
  read: (text: string) => T | undefined,
  fix: (text: string) => string = () => '',
) {
  return form(must, (value) => (typeof value === 'string' ? read(value) : undefined), {
    text: true,
    fix: (value) => (typeof value === 'string' ? fix(value) : ''),
  });
}

/** A text as it is, by a rule. */
export function text({ must, test, fix = '' }: TextRule) {
  return textForm(
    must,
    (value) => (test(value) ? value : undefined),
    () => fix,
  );
}

/** One of a few words. */
export function word<const W extends string>(...words: readonly W[]) {
  const must = words.length === 1 ? `must be ${words.join()}` : `must be one of ${words.join(', ')}`;
  return textForm(must, (value) => words.find((known) => known === value));
}

export function yesOrNo() {
  return form('must be true or false', (value) => (typeof value === 'boolean' ? value : undefined), {
    fix: (value) => (typeof value === 'string' ? 'Write it without quotes.' : ''),
  });
}

export function wholeNumber(least: number, most: number, unit: string) {
  // Not `toLocaleString`: it loads what it knows of languages, which is noticed at a start.
  const counted = (count: number) => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return form(
    `must be a whole number of ${unit} from ${counted(least)} to ${counted(most)}`,
    (value) =>
      Number.isInteger(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined,
    {
      fix: (value) => (typeof value === 'string' && /^\d+$/.test(value) ? 'Write it without quotes.' : ''),
    },
  );
}

/** A duration (in seconds) or a size (in bytes), written with its unit. */
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
    },
  );
}

/**
 * A map with exactly these fields. zod's issue for an unknown field does not tell the known ones, so its message,
 * which nobody reads otherwise, is made to carry them.
 */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? Object.keys(shape).join(',') : undefined),
  });
}

/** As `pick` decides by the value. Unlike zod's union it tells what is wrong within the one that was meant. */
export function either<T>(pick: (value: unknown) => z.ZodType<T>) {
  return z.unknown().transform((input, context): T => {
    const result = pick(input).safeParse(input, { reportInput: true });
    if (result.success) return result.data;
    // Finished issues are raw ones with more in them; zod's types keep the two apart.
    context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
    return z.NEVER;
  });
}
