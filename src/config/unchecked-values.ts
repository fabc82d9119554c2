// Reads values that are not validated yet, so that one broken part of a document does not hide problems in other parts.

export function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the entries of a map; an empty list for any other value. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isMap(value) ? Object.entries(value) : [];
}

/** Returns the items of a list; an empty list for any other value. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns a field of a map; undefined if the field is missing or the value is not a map. */
export function fieldOf(value: unknown, name: string): unknown {
  return entriesOf(value).find(([key]) => key === name)?.[1];
}

/** Returns the strings in a list, or a list with only the value if the value is a string. */
export function textsOf(value: unknown): readonly string[] {
  return [value, ...itemsOf(value)].filter((item) => typeof item === 'string');
}
