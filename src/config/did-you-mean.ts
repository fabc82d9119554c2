// Which known name someone who wrote an unknown one probably meant.
import { quote } from './show.ts';

/** Names longer than this are not compared: the work grows with the square of the length. */
const LONGEST_COMPARED = 100;

/** How many letters must be added, removed or replaced to make one text of the other (Levenshtein), up to a limit. */
function distance(a: string, b: string, limit: number): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    // No later row has less than the least of this one.
    if (Math.min(...current) >= limit) return limit;
    above = current;
  }
  return above[b.length] ?? 0;
}

/** The one of `names` that differs least from `name`, where about a third of the letters or fewer differ. */
export function closestWord(name: string, names: Iterable<string>): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, '');
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.ceil(wanted.length / 3) + 1;
  for (const candidate of names) {
    const known = plain(candidate);
    // The difference in length is a lower bound of the distance.
    if (Math.abs(known.length - wanted.length) >= least || wanted.length > LONGEST_COMPARED) continue;
    const changes = distance(wanted, known, least);
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/** A fix for someone who wrote a name that `where` does not have. */
export function didYouMean(name: string, known: Iterable<string>, where: string): string {
  const meant = closestWord(name, known);
  return meant === undefined ? `Add it under ${where}.` : `Did you mean ${quote(meant)}?`;
}
