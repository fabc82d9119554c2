// Converts plain values to XML: an object becomes child elements, and an array becomes a repeated element.

/** Child elements, as an object or, if elements with different names alternate, as an array of pairs. */
export type Elements =
  Readonly<Record<string, unknown>> | readonly (readonly [name: string, value: unknown])[];

// eslint-disable-next-line no-control-regex -- the regex matches control characters on purpose
const ESCAPED = /[&<>"\u0000-\u001f\u007f]/g;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Like S3, escapes control characters as character references, although XML 1.0 forbids most of these references. Clients avoid
 * invalid XML with `encoding-type=url`.
 */
export function escapeXml(text: string): string {
  return text.replace(ESCAPED, (one) => ESCAPES[one] ?? `&#x${one.charCodeAt(0).toString(16)};`);
}

/** Creates an XML document. Members that are undefined are omitted; empty values become empty elements. */
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
