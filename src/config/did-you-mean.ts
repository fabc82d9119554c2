// Finds the known name that the user probably intended to write.
import { quote } from './show.ts';

/** Names longer than this are not compared, because the work grows quadratically with the length. */
const LONGEST_COMPARED = 100;

/** Returns how many letters must be added, removed or replaced to turn `a` into `b` (Levenshtein distance), up to a limit. */
function distance(a: string, b: string, limit: number): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    // Stops at the limit, because no later row can contain a value below this row's minimum.
    if (Math.min(...current) >= limit) return limit;
    above = current;
  }
  return above[b.length] ?? 0;
}

/** Returns the closest of `names`; undefined if more than about a third of the letters differ. */
export function closestWord(name: string, names: Iterable<string>): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, '');
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.ceil(wanted.length / 3) + 1;
  for (const candidate of names) {
    const known = plain(candidate);
    // Skips a name if its length differs too much, because the distance is at least the difference in length.
    if (Math.abs(known.length - wanted.length) >= least || wanted.length > LONGEST_COMPARED) continue;
    const changes = distance(wanted, known, least);
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/** Suggests a similar known name. If no known name is similar, suggests adding the name under `where`. */
export function didYouMean(name: string, known: Iterable<string>, where: string): string {
  const meant = closestWord(name, known);
  return meant === undefined ? `Add it under ${where}.` : `Did you mean ${quote(meant)}?`;
}
