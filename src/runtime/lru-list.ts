// A list in the order of last use. Unlike a Map, it creates no garbage when an entry moves to the end.

export interface LruEntry<Item> {
  readonly item: Item;
  before: LruEntry<Item> | undefined;
  after: LruEntry<Item> | undefined;
}

export interface LruList<Item> {
  /** Adds an item as the most recently used. */
  add(item: Item): LruEntry<Item>;
  use(place: LruEntry<Item>): void;
  /** Must be called only once for each entry. */
  remove(place: LruEntry<Item>): void;
  oldest(): LruEntry<Item> | undefined;
  /** Returns the items, least recently used first. */
  items(): Iterable<Item>;
  size(): number;
}

export function lruList<Item>(): LruList<Item> {
  let oldest: LruEntry<Item> | undefined;
  let newest: LruEntry<Item> | undefined;
  let size = 0;
  const append = (place: LruEntry<Item>): void => {
    place.before = newest;
    if (newest === undefined) oldest = place;
    else newest.after = place;
    newest = place;
  };
  const detach = (place: LruEntry<Item>): void => {
    const { before, after } = place;
    if (before === undefined) oldest = after;
    else before.after = after;
    if (after === undefined) newest = before;
    else after.before = before;
    place.before = place.after = undefined;
  };
  return {
    add: (item) => {
      const place = { item, before: undefined, after: undefined };
      append(place);
      size += 1;
      return place;
    },
    use: (place) => {
      if (place === newest) return;
      detach(place);
      append(place);
    },
    remove: (place) => {
      detach(place);
      size -= 1;
    },
    oldest: () => oldest,
    *items() {
      for (let place = oldest; place !== undefined; place = place.after) yield place.item;
    },
    size: () => size,
  };
}
