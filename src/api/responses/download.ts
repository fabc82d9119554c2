// Changes an object's headers so that a browser downloads the object instead of displaying it. Only the console uses this
// function.

/**
 * The headers that are sent under other names. Under their own names, they would let an object's owner decide how browsers
 * treat the object, and where it is cached.
 */
const RENAMED = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]);

const PREFIX = 'x-fedbridge-object-';

/**
 * Prevents an HTML or SVG object from running as a document of the console's origin. Content-Encoding is one of the renamed
 * headers: with that header, a browser would decode a gzip object, and would fail to decode a range of the object. The object's
 * own values are sent under other names (`x-fedbridge-object-…`).
 * @param headers alternating names and values, with Content-Length last
 * @param key the object's key, whose last segment becomes the file's name
 * @returns the headers in the same format, with Content-Length last
 */
export function downloadHeaders(headers: readonly string[], key: string | undefined): string[] {
  const kept = [
    'content-type',
    'application/octet-stream',
    'content-disposition',
    `attachment; filename*=UTF-8''${fileName(key ?? '')}`,
    'cache-control',
    'no-store',
  ];
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    kept.push(RENAMED.has(name) ? `${PREFIX}${name}` : name, headers[i + 1] ?? '');
  }
  return kept;
}

/**
 * Returns a file name for the key. Replaces characters that could disguise the file's type: control characters, and characters
 * that change the direction of text.
 */
function fileName(key: string): string {
  const last = key.split('/').findLast((segment) => segment !== '') ?? 'object';
  const shown = last.replace(/[\p{C}\p{Bidi_Control}]/gu, '_').toWellFormed();
  // RFC 8187 requires escapes for these characters, but encodeURIComponent does not escape them.
  return encodeURIComponent(shown).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
