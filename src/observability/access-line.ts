// Writes the access log's line of one request as JSON members. Measured: half of what JSON.stringify of an object costs.

/** One member that is left out where its value is undefined, with a comma before it. */
export function member(name: string, value: string | number | undefined): string {
  if (value === undefined) return '';
  return `,"${name}":${typeof value === 'number' ? value : quoted(value)}`;
}

/** Characters that JSON leaves as they are. */
const PLAIN = /^[ !#-[\]-~]*$/;

export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Members of an object whose values are rare, or not flat. */
export function members(fields: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(fields);
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
}

/** Milliseconds, to microseconds. */
export function thousandths(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** With six places, as Cloud Logging's Duration may have. */
export function seconds(milliseconds: number): string {
  const microseconds = Math.round(milliseconds * 1000);
  const rest = microseconds % 1_000_000;
  return `${(microseconds - rest) / 1_000_000}.${String(rest).padStart(6, '0')}`;
}

export const ifDefined = (change: (text: string) => string, text: string | undefined): string | undefined =>
  text === undefined ? undefined : change(text);

/** A query may hold anything. */
export function withoutQuery(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
