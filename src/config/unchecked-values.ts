// Looks into values of no known form, so that one broken part of a document does not hide what is wrong with another.

export function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map's entries; none where it is no map. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isMap(value) ? Object.entries(value) : [];
}

/** A list's values; none where it is no list. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A map's field; undefined where it has none of that name of its own, or is no map. */
export function fieldOf(value: unknown, name: string): unknown {
  return entriesOf(value).find(([key]) => key === name)?.[1];
}

/** The texts that a list holds, or the text that stands instead of one. */
export function textsOf(value: unknown): readonly string[] {
  return [value, ...itemsOf(value)].filter((item) => typeof item === 'string');
}
