// How a value or a path of the document is written into a message: short, harmless on a terminal, and without secrets.

/** Longest part of an operator's value that a message repeats. */
const LONGEST_ECHO = 80;

/** Fields whose value is a secret shared with someone else, never repeated. */
const SECRET_FIELDS: readonly (string | number)[] = ['externalId'];

/** A secret that a missing colon has made part of a field's name. */
const SECRET_AND_MORE = new RegExp(`(${SECRET_FIELDS.join('|')}).+`, 'is');

/** Where a value is: field names, and positions in lists. */
export type Path = readonly (string | number)[];

/** Text with everything escaped that would move the cursor, hide letters, reverse them or end the line. */
export function escapeText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return `\\u{${codePoint.toString(16)}}`;
  });
}

/** Text in quotes, cut and escaped. A user name or password in a URL is left out. */
export function quote(text: string): string {
  // Before the cut: a password that the cut halves would no longer look like one. Bounded, as a value may be a megabyte.
  const letters = Array.from(
    text
      .slice(0, 8192)
      .replace(/\/\/.*@/s, '//…@')
      .replace(SECRET_AND_MORE, '$1…'),
  );
  const dots = letters.length > LONGEST_ECHO ? '…' : '';
  return `"${escapeText(letters.slice(0, LONGEST_ECHO).join(''))}${dots}"`;
}

/**
 * A value as YAML gave it. `source` is what the document says for it, where that may differ: a number that is
 * too long for a number (a unique ID) has lost digits in `value`.
 */
export function showValue(path: Path, value: unknown, source?: string): string {
  if (path.some((step) => SECRET_FIELDS.includes(step))) return 'the value given (a secret, not shown)';
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number')
    return `the number ${escapeText((source ?? String(value)).slice(0, LONGEST_ECHO))}`;
  return typeof value === 'boolean' ? `the truth value ${String(value)}` : 'a map of fields';
}

/** `grants[0].callers[1]`, `buckets."a.b".role`; the document itself is "the document". */
export function showPath(path: Path): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[\w-]{1,80}$/.test(step) ? `.${step}` : `.${quote(step)}`;
  });
  return steps.length === 0 ? 'the document' : steps.join('').replace(/^\./, '');
}
