// Which addresses may be configured: https anywhere, plain http on this machine alone.
import type { TextRule } from './aws-names.ts';

/** `url.hostname` of this machine: 127.0.0.0/8 (the URL parser has made it four numbers), localhost or [::1]. */
export const isLoopback = (hostname: string) => /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname);

/** White space and wrong slashes are refused first: the URL parser would mend them in silence. */
function parseUrl(text: string): URL | undefined {
  return /[\s\p{C}]/u.test(text) || !/^https?:\/\/[^/]/i.test(text)
    ? undefined
    : (URL.parse(text) ?? undefined);
}

/** The URL parser lets `*` and other marks stand in a host name. */
const HOST_NAME = /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[[0-9a-f:.]+\])$/;

const isSafe = (url: URL) =>
  (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) &&
  url.username === '' &&
  url.password === '' &&
  HOST_NAME.test(url.hostname);

/** Host and port only. The text is looked at as well: an empty `?` or `#` is gone from the parsed URL. */
const isBare = (url: URL, text: string) => url.pathname === '/' && !/[?#@\\]/.test(text);

/** The origin that `text` is, without a closing slash; undefined where it is more or other than a safe origin. */
export function readOrigin(text: string): string | undefined {
  const url = parseUrl(text);
  return url !== undefined && isSafe(url) && isBare(url, text) ? url.origin : undefined;
}

export const ORIGIN_MUST = 'must be https://HOST[:PORT] and nothing after it (http on a loopback host only)';

/** A document of public keys has a path. */
export const KEY_SET_URL: TextRule = {
  must: 'must be the https URL of a JSON Web Key Set (http on a loopback host only)',
  test: (text) => {
    const url = parseUrl(text);
    return url !== undefined && isSafe(url) && !text.includes('#');
  },
};

/** As gcp-metadata reads it: the scheme may be absent, and is then http, as the metadata server has no other. */
export const METADATA_HOST: TextRule = {
  must: 'must be HOST or HOST:PORT of a metadata server, with or without http://',
  test: (text) => {
    const url = parseUrl(/^https?:\/\//.test(text) ? text : `http://${text}`);
    return url !== undefined && HOST_NAME.test(url.hostname) && isBare(url, text);
  },
};

/** A browser sends its origin in exactly one form, and it is compared letter by letter. */
export const CORS_ORIGIN: TextRule = {
  must: 'must be an exact origin, https://HOST[:PORT] in lower case (http on a loopback host only), or "*"',
  test: (text) => text === '*' || readOrigin(text) === text,
  fix: "No path, no closing slash, and no port where it is the scheme's own.",
};
