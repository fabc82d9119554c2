// Creates a request from a method, a target and headers, in the form in which Node's HTTP parser passes it to a listener.
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Headers for which Node keeps only the first value (node:http, `message.headers`). */
const FIRST_ONLY = new Set([
  'authorization',
  'if-modified-since',
  'if-unmodified-since',
  'user-agent',
  'host',
]);

export function asReceived(
  method: string,
  url: string,
  headers: readonly (readonly [name: string, value: string])[],
): IncomingMessage {
  const message = new IncomingMessage(NOBODY);
  const joined: NodeJS.Dict<string> = Object.create(null) as NodeJS.Dict<string>;
  for (const [name, text] of headers) {
    const [lower, value] = [name.toLowerCase(), asParsed(text)];
    const before = joined[lower];
    if (before === undefined) joined[lower] = value;
    else if (!FIRST_ONLY.has(lower)) joined[lower] = `${before}, ${value}`;
    message.rawHeaders.push(name, value);
  }
  return Object.assign(message, { method, url, headers: joined });
}

const NOBODY = new Socket();

/**
 * Removes characters that Node's parser never passes on: control characters other than tabs, and leading and trailing spaces.
 */
const asParsed = (value: string): string =>
  value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').replace(/^[ \t]+|[ \t]+$/g, '');

/** Escapes all characters that llhttp rejects in a request target. */
export const asTarget = (url: string): string =>
  url.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character));
