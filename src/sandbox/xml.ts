// Writes AWS's XML from plain values: an object is an element's children, an array is the element repeated.

/** An element's children by name, or as pairs where names alternate. */
export type Elements =
  Readonly<Record<string, unknown>> | readonly (readonly [name: string, value: unknown])[];

// eslint-disable-next-line no-control-regex -- they are what is looked for
const ESCAPED = /[&<>"\u0000-\u001f\u007f]/g;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Control characters become references, as S3 writes them, though XML 1.0 allows only some of these: a key with one is
 * why `encoding-type=url` exists.
 */
export function escapeXml(text: string): string {
  return text.replace(ESCAPED, (one) => ESCAPES[one] ?? `&#x${one.charCodeAt(0).toString(16)};`);
}

/** A document with this root; members that are undefined are left out, empty ones are empty elements. */
export function xml(root: string, content: Elements, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${elements(content)}</${root}>`;
}

function elements(content: Elements): string {
  const pairs: readonly (readonly [string, unknown])[] = Array.isArray(content)
    ? content
    : Object.entries(content);
  return pairs.map(([name, value]) => element(name, value)).join('');
}

function children(content: unknown): string {
  return typeof content === 'object' && content !== null
    ? elements({ ...content })
    : escapeXml(String(content));
}

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((one) => element(name, one)).join('');
  const inner = children(value);
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}
