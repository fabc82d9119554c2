// Mutates a text: removes, repeats, escapes or inserts pieces, or changes their case.
import type { Random } from '../support/random.ts';

const SPAN = 12;

export function mutateText(random: Random, text: string, words: readonly string[]): string {
  const at = random.below(text.length + 1);
  const span = 1 + random.below(SPAN);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (random.below(8)) {
    case 0:
      return before + after.slice(span);
    case 1:
      return before + after.slice(0, span) + after;
    case 2:
      return before + String.fromCharCode(random.below(256)) + after.slice(1);
    case 3:
      return before + escaped(random, after.slice(0, span)) + after.slice(span);
    case 4:
      return before + swappedCase(after.slice(0, span)) + after.slice(span);
    case 5:
      return before + random.pick(words).repeat(random.chance(0.02) ? 50 : 1) + after;
    default:
      return before + random.pick(words) + after.slice(random.below(span));
  }
}

/** Percent-encodes the text once or twice, with upper-case or lower-case hex digits. */
function escaped(random: Random, text: string): string {
  const [sign, hex] = [random.chance(0.2) ? '%25' : '%', random.chance(0.5)];
  return [...Buffer.from(text, 'latin1')]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .map((digits) => sign + (hex ? digits.toUpperCase() : digits))
    .join('');
}

const swappedCase = (text: string): string =>
  text.replace(/[a-z]/gi, (each) => (each < 'a' ? each.toLowerCase() : each.toUpperCase()));
