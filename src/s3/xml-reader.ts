// Parses an XML document piece by piece. Accepts only the syntax that S3's lists use: elements, text and references.
import { Fault } from '../errors/fault.ts';

export interface XmlReader {
  /** @throws Fault s3_invalid_response */
  write(piece: string): void;
  /** @throws Fault s3_invalid_response if the document is incomplete */
  end(): void;
}

/** The maximum depth of elements. In S3's lists, elements are nested at most four levels deep. */
const MAX_DEPTH = 8;

/** The maximum length of a tag, and of the text between two tags. The longest texts in S3's lists are encoded keys of 3 KiB. */
const MAX_TOKEN = 16 * 1024;

const NAME = /^[A-Za-z_][\w.-]*$/;
const OPENING = /^([A-Za-z_][\w.-]*)(?:\s+[\w:.-]+\s*=\s*"[^"<]*")*\s*(\/?)$/;
const BLANK = /^\s*$/;
const REFERENCE = /&(?:(lt|gt|amp|quot|apos);|#(\d{1,7});|#x([0-9A-Fa-f]{1,6});)?/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Rejects document types, comments and CDATA sections, because S3 does not send them, and two parsers could read them
 * differently.
 * @param events.onOpen called for each element, before its children
 * @param events.onClose called at the end of each element, with its text, or with '' if it has children
 * @param events.readChild called for each child of the root, with the index of the child's `<`; may parse the child and return
 * the index at which it ends, or return -1 to let this reader parse it
 */
export function xmlReader(events: {
  readonly readChild?: (text: string, at: number) => number;
  readonly onOpen: (name: string, parent: string) => void;
  readonly onClose: (name: string, parent: string, text: string) => void;
}): XmlReader {
  const open: string[] = [];
  let rest = '';
  let hasBegun = false;
  /** Whether the last opened element is still open, so that the text before the next tag belongs to it. */
  let isLeaf = false;

  const openElement = (tag: string): void => {
    const isPlain = NAME.test(tag);
    const parts = isPlain ? null : OPENING.exec(tag);
    const name = isPlain ? tag : parts?.[1];
    if (name === undefined) throw notXml('an unexpected tag');
    if (open.length === 0 && hasBegun) throw notXml('more than one root element');
    if (open.length === MAX_DEPTH) throw notXml('elements nested too deeply');
    hasBegun = true;
    const parent = open.at(-1) ?? '';
    events.onOpen(name, parent);
    isLeaf = parts?.[2] !== '/';
    if (isLeaf) open.push(name);
    else events.onClose(name, parent, '');
  };
  /**
   * Takes four arguments instead of one object, because otherwise each element would need a new object.
   * @param nameAt the index in `text` at which the tag's name begins
   * @param end the index in `text` at which the tag ends
   */
  const closeElement = (text: string, nameAt: number, end: number, own: string): void => {
    const name = open.pop() ?? '';
    // Comparing the names in place creates no garbage.
    if (name === '' || end - nameAt !== name.length || !text.startsWith(name, nameAt))
      throw notXml('tags that do not match');
    if (!isLeaf) demandBlank(own);
    events.onClose(name, open.at(-1) ?? '', isLeaf ? resolved(own) : '');
    isLeaf = false;
  };

  return {
    write: (piece) => {
      const text = rest === '' ? piece : rest + piece;
      let at = 0;
      for (;;) {
        const start = text.indexOf('<', at);
        const end = start === -1 ? -1 : text.indexOf('>', start);
        if (end === -1) break;
        const before = text.slice(at, start);
        at = end + 1;
        if (text.startsWith('/', start + 1)) {
          closeElement(text, start + 2, end, before);
          continue;
        }
        demandBlank(before);
        const childEnd = open.length === 1 ? (events.readChild?.(text, start) ?? -1) : -1;
        if (childEnd !== -1) {
          at = childEnd;
          isLeaf = false;
          continue;
        }
        if (!hasBegun && text.startsWith('?xml ', start + 1) && text[end - 1] === '?') continue;
        openElement(text.slice(start + 1, end));
      }
      rest = text.slice(at);
      if (rest.length > MAX_TOKEN) throw notXml('a tag or text that is too long');
    },
    end: () => {
      demandBlank(rest);
      if (!hasBegun || open.length > 0) throw notXml('an incomplete document');
    },
  };
}

const notXml = (what: string): Fault => new Fault('s3_invalid_response', { error: `XML: ${what}` });

function demandBlank(text: string): void {
  if (text !== '' && !BLANK.test(text)) throw notXml('text between elements');
}

function resolved(text: string): string {
  if (!text.includes('&')) return text;
  // Resolves `&quot;` first, because every ETag contains it and most texts contain no other reference.
  const quoted = text.replaceAll('&quot;', '"');
  if (!quoted.includes('&')) return quoted;
  return text.replace(REFERENCE, (_, entity?: string, decimal?: string, hexadecimal?: string) => {
    if (entity !== undefined) return ENTITIES[entity] ?? '';
    const point = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    if (Number.isNaN(point) || point > 0x10ffff) throw notXml('an invalid character reference');
    return String.fromCodePoint(point);
  });
}
