// Makes pseudorandom choices. The same seed always leads to the same choices.
import { createHash } from 'node:crypto';

export interface Random {
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  next(): number;
  /** Returns an integer from 0 (inclusive) to `limit` (exclusive). */
  below(limit: number): number;
  /** Returns an integer from `min` to `max`, both inclusive. */
  between(min: number, max: number): number;
  /** @throws Error if `items` is empty */
  pick<const Item>(items: readonly Item[]): Item;
  /** Picks an item with a probability proportional to its weight. */
  weighted<Item extends string>(weights: Readonly<Record<Item, number>>): Item;
  /** @param share the probability of `true`, from 0 to 1 */
  chance(share: number): boolean;
}

/** Implements the generator Mulberry32 by Tommy Ettinger (public domain). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    between: (min, max) => min + below(max - min + 1),
    pick: <Item>(items: readonly Item[]): Item => {
      if (items.length === 0) throw new Error('nothing to choose from');
      return items[below(items.length)] as Item;
    },
    weighted: <Item extends string>(weights: Readonly<Record<Item, number>>): Item => {
      const entries = Object.entries(weights) as [Item, number][];
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of entries) {
        left -= weight;
        if (left < 0) return item;
      }
      throw new Error('no weight is above 0');
    },
    chance: (share) => next() < share,
  };
}

/** Creates a generator that depends only on the seed and the names, and not on other random choices. */
export function namedRandom(seed: number, ...names: readonly (string | number)[]): Random {
  const hash = createHash('sha256').update(JSON.stringify([seed, ...names]));
  return seededRandom(hash.digest().readUInt32LE());
}
