// Builds the text of JSON members for the access log. Measured: JSON.stringify with an object takes twice the CPU time.

/** Returns a comma and a JSON member, or an empty string if the value is undefined. */
export function member(name: string, value: string | number | undefined): string {
  if (value === undefined) return '';
  return `,"${name}":${typeof value === 'number' ? value : quoted(value)}`;
}

/** Matches text that needs no escaping in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** @returns a JSON string */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Serializes the members of an object with JSON.stringify; used for rare or nested members. */
export function members(fields: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(fields);
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
}
