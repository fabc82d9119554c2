// Parses and prints JSON without changing its numbers: a number in JavaScript has only 53 bits, but identifiers are often longer.

/**
 * The JSON functions of ECMAScript 2026 ("JSON.parse source text access"). Browsers without these functions show long numbers
 * rounded.
 */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON?(text: string): unknown;
}

const exactJson: ExactJson = JSON;

/** @throws SyntaxError */
export function parseExactly(text: string): unknown {
  return exactJson.parse(text, (_key, value, context) => {
    const source = context?.source;
    const isChanged = typeof value === 'number' && source !== undefined && String(value) !== source;
    return isChanged && exactJson.rawJSON !== undefined ? exactJson.rawJSON(source) : value;
  });
}

/** @param indent the number of spaces per level; default: everything on one line */
export const exactText = (value: unknown, indent?: number): string => JSON.stringify(value, null, indent);
