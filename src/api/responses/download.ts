// Turns the headers of an object into those of a download, for the console's page, which shows objects only as data.

/** These headers would let an object's owner choose how a browser treats the object, or where it is cached. */
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
 * An HTML or SVG object must never run as a document of the console's origin. With `Content-Encoding`, a browser would also decode
 * a gzip object, and fail for a range of it. The object's own values are kept under other names (`x-fedbridge-object-…`).
 * @param headers alternating names and values, with Content-Length last
 * @param key the object's key, which gives the file its name
 * @returns the same format, with Content-Length last
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

/** Removes what could disguise a file's type: control characters, and characters that change the direction of text. */
function fileName(key: string): string {
  const last = key.split('/').findLast((segment) => segment !== '') ?? 'object';
  const shown = last.replace(/[\p{C}\p{Bidi_Control}]/gu, '_').toWellFormed();
  // RFC 8187: these characters are not allowed unescaped, but encodeURIComponent leaves them.
  return encodeURIComponent(shown).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
