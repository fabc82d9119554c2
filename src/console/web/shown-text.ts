// Shows keys and other text from buckets so that no character can hide or disguise anything.
import { html } from './html.ts';
import type { Html } from './html.ts';

/**
 * Control characters, characters without a glyph (among them those that change the direction of text), and unpaired surrogates.
 * Does not match joiners, which several scripts need, or the two variation selectors, which emoji need.
 */
const HIDDEN =
  /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;

/** Replaces each hidden character with its code point, such as `\u{202e}`. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** Works like {@link visible}, but keeps line breaks and tabs. */
export const visibleLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/\r$/, '').split('\t').map(visible).join('\t'))
    .join('\n');

/** Shows a name in its own text direction, so that right-to-left text does not move the text around it. */
export const Name = ({ text }: { readonly text: string }): Html =>
  html`<bdi class="name">${visible(text)}</bdi>`;

/** Shows a time in a list. A line can break only between the day and the time of day. */
export function Time({ text }: { readonly text: string }): Html {
  const [day = '', ...rest] = shownTime(text).split(' ');
  return html`<time datetime=${text}
    ><span class="whole">${day}</span> <span class="whole">${rest.join(' ')}</span></time
  >`;
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** Formats a size, for example as `1.5 MiB`. */
export function shownSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let size = bytes / 1024;
  let unit = 0;
  while (size >= 1023.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size.toFixed(size < 10 ? 1 : 0)} ${UNITS[unit] ?? ''}`;
}

/** An amount of US dollars. Example: `$12.34`. */
export function shownDollars(amount: number | null): string {
  if (amount === null) return 'unknown';
  return amount > 0 && amount < 0.01 ? 'below $0.01' : `$${amount.toLocaleString('en', TWO_DIGITS)}`;
}

const TWO_DIGITS = { minimumFractionDigits: 2, maximumFractionDigits: 2 };

export const shownCount = (count: number | bigint): string => count.toLocaleString('en');

/** Formats a number of things, for example as `1 row` or `1,000 rows`. */
export const shownCountOf = (count: number | bigint, noun: string): string =>
  `${shownCount(count)} ${noun}${Number(count) === 1 ? '' : 's'}`;

/** Formats a time, for example as `2026-11-29 21:04 UTC`. Returns '' for an invalid time. */
export function shownTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? '' : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
