// Chance that comes again: the same seed gives the same choices.

export interface Random {
  /** A whole number from 0 to one below `limit`. */
  below(limit: number): number;
  pick<Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item;
  /** @param share from 0 to 1 */
  chance(share: number): boolean;
}

/** Mulberry32 (public domain, Tommy Ettinger): 32 bits of state are enough to choose among mutations. */
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
    below,
    pick: <Item>(items: readonly Item[]): Item => {
      if (items.length === 0) throw new Error('nothing to choose from');
      return items[below(items.length)] as Item;
    },
    chance: (share) => next() < share,
  };
}
