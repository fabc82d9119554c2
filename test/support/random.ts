// Random choices that a seed repeats.
import { createHash } from 'node:crypto';

export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number from 0 to one below `limit`. */
  below(limit: number): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** @throws Error if there is nothing to choose from */
  pick<const Item>(items: readonly Item[]): Item;
  /** Each item as often as its weight. */
  weighted<Item extends string>(weights: Readonly<Record<Item, number>>): Item;
  /** @param share from 0 to 1 */
  chance(share: number): boolean;
}

/** Mulberry32 (public domain, Tommy Ettinger): 32 bits of state are enough for choices in tests. */
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

/** The same seed and names give the same choices, whatever else was drawn meanwhile. */
export function namedRandom(seed: number, ...names: readonly (string | number)[]): Random {
  const hash = createHash('sha256').update(JSON.stringify([seed, ...names]));
  return seededRandom(hash.digest().readUInt32LE());
}
