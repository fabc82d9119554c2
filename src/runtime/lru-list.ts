// What was used last, and what was not for longest: an order in which a use makes no garbage, as it does in a Map where what is used
// is put to the end.

export interface Place<Item> {
  readonly item: Item;
  before: Place<Item> | undefined;
  after: Place<Item> | undefined;
}

export interface ByLastUse<Item> {
  /** As what was used last. */
  add(item: Item): Place<Item>;
  use(place: Place<Item>): void;
  /** Once. */
  remove(place: Place<Item>): void;
  oldest(): Place<Item> | undefined;
  /** From the oldest on. */
  items(): Iterable<Item>;
  size(): number;
}

export function byLastUse<Item>(): ByLastUse<Item> {
  let oldest: Place<Item> | undefined;
  let newest: Place<Item> | undefined;
  let size = 0;
  const append = (place: Place<Item>): void => {
    place.before = newest;
    if (newest === undefined) oldest = place;
    else newest.after = place;
    newest = place;
  };
  const detach = (place: Place<Item>): void => {
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
