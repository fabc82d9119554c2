// Formats values and paths of the document for messages: short, safe on a terminal, and without secrets.

/** The maximum number of characters that a message shows of a value. */
const LONGEST_ECHO = 80;

/** Fields whose values are shared secrets, which are never shown. */
const SECRET_FIELDS: readonly (string | number)[] = ['externalId'];

/** Matches a secret that has become part of a field name because a colon is missing. */
const SECRET_AND_MORE = new RegExp(`(${SECRET_FIELDS.join('|')}).+`, 'is');

/** The path to a value: field names and list positions. */
export type Path = readonly (string | number)[];

/** Escapes characters that would move the cursor, hide or reverse letters, or end the line. */
export function escapeText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return `\\u{${codePoint.toString(16)}}`;
  });
}

/** Quotes, truncates and escapes a text, and removes the user name and password from a URL. */
export function quote(text: string): string {
  // Redacts a password before truncating the text, because a truncated password would not be recognized. The slice limits the
  // work on huge values.
  const letters = Array.from(
    text
      .slice(0, 8192)
      .replace(/\/\/.*@/s, '//…@')
      .replace(SECRET_AND_MORE, '$1…'),
  );
  const dots = letters.length > LONGEST_ECHO ? '…' : '';
  return `"${escapeText(letters.slice(0, LONGEST_ECHO).join(''))}${dots}"`;
}

/** Quotes a text as one word of a POSIX shell. */
export const quoteForShell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Formats a value from YAML.
 * @param source the value's text in the document; shown for a number, because `value` has lost digits of a long number such as
 * a unique ID
 */
export function showValue(path: Path, value: unknown, source?: string): string {
  if (path.some((step) => SECRET_FIELDS.includes(step))) return 'the value given (a secret, not shown)';
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number')
    return `the number ${escapeText((source ?? String(value)).slice(0, LONGEST_ECHO))}`;
  return typeof value === 'boolean' ? `the boolean ${String(value)}` : 'a map of fields';
}

/** Formats a path, for example as `grants[0].callers[1]` or `buckets."a.b".role`. The root is shown as "the document". */
export function showPath(path: Path): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[\w-]{1,80}$/.test(step) ? `.${step}` : `.${quote(step)}`;
  });
  return steps.length === 0 ? 'the document' : steps.join('').replace(/^\./, '');
}
