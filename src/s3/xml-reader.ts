// Parses an XML document piece by piece, as far as S3's lists need it: elements, their text, and references. Anything else is an error.
import { Fault } from '../errors/fault.ts';

export interface XmlReader {
  /** @throws Fault s3_invalid_response */
  write(piece: string): void;
  /** @throws Fault s3_invalid_response if the document has not ended */
  end(): void;
}

/** The deepest of S3's elements are four deep. */
const MAX_DEPTH = 8;

/** Of a tag, or of the text between two tags. S3's longest are keys, of 3 KiB when encoded. */
const MAX_TOKEN = 16 * 1024;

const NAME = /^[A-Za-z_][\w.-]*$/;
const OPENING = /^([A-Za-z_][\w.-]*)(?:\s+[\w:.-]+\s*=\s*"[^"<]*")*\s*(\/?)$/;
const BLANK = /^\s*$/;
const REFERENCE = /&(?:(lt|gt|amp|quot|apos);|#(\d{1,7});|#x([0-9A-Fa-f]{1,6});)?/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Document types, comments and CDATA sections are rejected: S3 sends none, and two parsers could read them differently.
 * @param events.onOpen called for each element, before those inside it
 * @param events.onClose called with the text of an element that holds no others, else ''
 */
export function xmlReader(events: {
  readonly onOpen: (name: string, parent: string) => void;
  readonly onClose: (name: string, parent: string, text: string) => void;
}): XmlReader {
  const open: string[] = [];
  let rest = '';
  let hasBegun = false;
  /** Whether the element that was opened last is still open, so that the text before the next tag is its own. */
  let isLeaf = false;

  const openElement = (tag: string): void => {
    const isPlain = NAME.test(tag);
    const parts = isPlain ? null : OPENING.exec(tag);
    const name = isPlain ? tag : parts?.[1];
    if (name === undefined) throw notXml('a tag that S3 does not write');
    if (open.length === 0 && hasBegun) throw notXml('more than one root element');
    if (open.length === MAX_DEPTH) throw notXml('elements nested too deeply');
    hasBegun = true;
    const parent = open.at(-1) ?? '';
    events.onOpen(name, parent);
    isLeaf = parts?.[2] !== '/';
    if (isLeaf) open.push(name);
    else events.onClose(name, parent, '');
  };
  /** Four arguments and no object, as it is called for each element. @param end of the tag in the text @param nameAt where its name begins */
  const closeElement = (text: string, nameAt: number, end: number, own: string): void => {
    const name = open.pop() ?? '';
    // Comparing in place makes no garbage.
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
        if (!hasBegun && text.startsWith('?xml ', start + 1) && text[end - 1] === '?') continue;
        openElement(text.slice(start + 1, end));
      }
      rest = text.slice(at);
      if (rest.length > MAX_TOKEN) throw notXml('a tag or a text that is too long');
    },
    end: () => {
      demandBlank(rest);
      if (!hasBegun || open.length > 0) throw notXml('a document that does not end');
    },
  };
}

const notXml = (what: string): Fault => new Fault('s3_invalid_response', { error: `XML: ${what}` });

function demandBlank(text: string): void {
  if (text !== '' && !BLANK.test(text)) throw notXml('text beside elements');
}

function resolved(text: string): string {
  if (!text.includes('&')) return text;
  // Most texts contain no other reference, and every ETag contains this one.
  const quoted = text.replaceAll('&quot;', '"');
  if (!quoted.includes('&')) return quoted;
  return text.replace(REFERENCE, (_, entity?: string, decimal?: string, hexadecimal?: string) => {
    if (entity !== undefined) return ENTITIES[entity] ?? '';
    const point = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    if (Number.isNaN(point) || point > 0x10ffff) throw notXml('a reference to no character');
    return String.fromCodePoint(point);
  });
}
