// Numbers by chance that a seed repeats: the same seed and name give the same ones, whatever else was drawn meanwhile.
import { createHash } from 'node:crypto';

export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<const Items extends readonly [unknown, ...unknown[]]>(items: Items): Items[number];
  /** Each item as often as its weight. */
  weighted<Item extends string>(weights: Readonly<Record<Item, number>>): Item;
  chance(share: number): boolean;
}

export function randomOf(seed: number, ...names: readonly (string | number)[]): Random {
  // Mulberry32: 32 bits of state are enough for a few dozen draws a name.
  let state = createHash('sha256')
    .update(JSON.stringify([seed, ...names]))
    .digest()
    .readUInt32LE();
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick: (items) => items[between(0, items.length - 1)] ?? items[0],
    weighted: <Item extends string>(weights: Readonly<Record<Item, number>>): Item => {
      const entries = Object.entries(weights) as [Item, number][];
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of entries) {
        left -= weight;
        if (left < 0) return item;
      }
      throw new Error('No weight is above 0');
    },
    chance: (share) => next() < share,
  };
}
