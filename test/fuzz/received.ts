// A request as Node's parser gives it to a listener, of which only method, target and headers are looked at.
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Those of several that Node keeps the first of (node:http, `message.headers`). */
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

/** What the parser lets through: no control characters but tabs, and no spaces around. */
const asParsed = (value: string): string =>
  value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').replace(/^[ \t]+|[ \t]+$/g, '');

/** What a request line can hold (llhttp is strict): the rest as escapes. */
export const asTarget = (url: string): string =>
  url.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character));
