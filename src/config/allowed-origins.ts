// Determines which URLs may be configured: https URLs of any host, and http URLs only of this machine.
import type { TextRule } from './aws-names.ts';

/**
 * Whether the URL's host is this machine: 127.0.0.0/8 (which the URL parser has normalized to four numbers), localhost or [::1].
 */
export const isLoopback = (hostname: string) => /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname);

/** Parses a URL. Rejects white space and wrong slashes, which the URL parser would silently correct. */
function parseUrl(text: string): URL | undefined {
  return /[\s\p{C}]/u.test(text) || !/^https?:\/\/[^/]/i.test(text)
    ? undefined
    : (URL.parse(text) ?? undefined);
}

/**
 * Matches a host name or an IPv6 address. The pattern is stricter than the URL parser, which accepts `*` and other punctuation
 * in a host name.
 */
const HOST_NAME = /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[[0-9a-f:.]+\])$/;

const isSafe = (url: URL) =>
  (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) &&
  url.username === '' &&
  url.password === '' &&
  HOST_NAME.test(url.hostname);

/**
 * Whether the URL has only a scheme, a host and a port. Checks the original text as well, because the URL parser drops an empty
 * `?` or `#`.
 */
const isBare = (url: URL, text: string) => url.pathname === '/' && !/[?#@\\]/.test(text);

/** Returns the origin in `text`, without a trailing slash; undefined if `text` is not a safe origin. */
export function readOrigin(text: string): string | undefined {
  const url = parseUrl(text);
  return url !== undefined && isSafe(url) && isBare(url, text) ? url.origin : undefined;
}

export const ORIGIN_MUST =
  'must be https://HOST[:PORT] with nothing after it (http only for a loopback host)';

/** The rule for the URL of a key set. Unlike an origin, such a URL has a path. */
export const KEY_SET_URL: TextRule = {
  must: 'must be the https URL of a JSON Web Key Set (http only for a loopback host)',
  test: (text) => {
    const url = parseUrl(text);
    return url !== undefined && isSafe(url) && !text.includes('#');
  },
};

/**
 * The rule for an issuer's URL. The bridge compares the URL with a token's `iss` byte for byte. Therefore the URL is only checked
 * for safety, and never normalized.
 */
export const ISSUER_URL: TextRule = {
  must: 'must be the https URL of an issuer without query and fragment (http only for a loopback host)',
  test: (text) => {
    const url = parseUrl(text);
    return url !== undefined && isSafe(url) && !/[?#\\]/.test(text) && text.length <= 255;
  },
  fix: "Copy the `iss` claim of a token. Without TLS, anyone on the network could forge the issuer's keys and tokens.",
};

/**
 * The rule for the metadata server's host. If there is no scheme, the rule assumes http, as gcp-metadata does, because the
 * metadata server supports only http.
 */
export const METADATA_HOST: TextRule = {
  must: 'must be HOST or HOST:PORT of a metadata server, with or without http://',
  test: (text) => {
    const url = parseUrl(/^https?:\/\//.test(text) ? text : `http://${text}`);
    return url !== undefined && HOST_NAME.test(url.hostname) && isBare(url, text);
  },
};

/** The rule for a web page's origin. A browser sends its origin in exactly one form, so the comparison is exact. */
export const CORS_ORIGIN: TextRule = {
  must: 'must be an exact origin, https://HOST[:PORT] in lowercase (http only for a loopback host), or "*"',
  test: (text) => text === '*' || readOrigin(text) === text,
  fix: "Leave out the path, the trailing slash and the scheme's default port.",
};
