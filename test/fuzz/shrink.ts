// Minimizes a failing case so that it still fails in the same way.
import type { FuzzCase } from './fuzz-case.ts';
import type { Judge } from './judge.ts';
import { recipeOf } from './seeds.ts';

const MOST_TRIES = 3000;

const kindOf = (breach: string | undefined): string | undefined => breach?.split(':')[0];

export async function shrink(failing: FuzzCase, breach: string, judge: Judge): Promise<FuzzCase> {
  let smallest = failing;
  let tries = 0;
  const tryOne = async (smaller: FuzzCase): Promise<boolean> => {
    tries += 1;
    if (tries > MOST_TRIES || kindOf(await judge(smaller)) !== kindOf(breach)) return false;
    smallest = smaller;
    return true;
  };
  for (let before = ''; before !== JSON.stringify(smallest) && tries < MOST_TRIES;) {
    before = JSON.stringify(smallest);
    await tryOne({ ...smallest, token: recipeOf('reader'), place: 'bearer' });
    await tryOne({ ...smallest, token: { ...smallest.token, edits: [] } });
    for (let i = smallest.headers.length - 1; i >= 0; i -= 1)
      await tryOne({ ...smallest, headers: smallest.headers.toSpliced(i, 1) });
    await shrinkText(smallest.url, (url) => tryOne({ ...smallest, url }));
    for (const [i, [name, value]] of smallest.headers.entries())
      await shrinkText(value, (shorter) =>
        tryOne({ ...smallest, headers: smallest.headers.with(i, [name, shorter]) }),
      );
    await shrinkText(smallest.token.claims, (claims) =>
      tryOne({ ...smallest, token: { ...smallest.token, claims } }),
    );
  }
  return smallest;
}

/** Shortens the text: first tries to remove halves, then smaller pieces, and finally single characters. */
async function shrinkText(text: string, tryOne: (shorter: string) => Promise<boolean>): Promise<void> {
  let shortest = text;
  for (let span = shortest.length >> 1; span > 0; span >>= 1) {
    for (let at = 0; at < shortest.length;) {
      const shorter = shortest.slice(0, at) + shortest.slice(at + span);
      if (await tryOne(shorter)) shortest = shorter;
      else at += span;
    }
  }
}
