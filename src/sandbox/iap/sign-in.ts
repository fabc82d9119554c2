// The sign-in page of the emulated Identity-Aware Proxy, on which users choose a person and then open the console as that person.
import { PERSON } from '../../config/google-names.ts';

/** The prefix of the sign-in page's paths. IAP reserves it on each service that it protects. */
export const IAP_PREFIX = '/_gcp_iap/';
export const SIGN_IN_PATH = `${IAP_PREFIX}sign-in`;
export const IAP_KEYS_PATH = `${IAP_PREFIX}keys`;

/** Maps each name on the sign-in page to an email. */
export type People = ReadonlyMap<string, string>;

/** @param to the path to open afterwards */
export function signInPage(people: People, to: string): string {
  const links = [...people].map(([name, email]) => {
    const query = new URLSearchParams([
      ['as', email],
      ['to', to],
    ]);
    return `<li><a href="${escaped(`${SIGN_IN_PATH}?${query.toString()}`)}">${escaped(name)}</a> (${escaped(`${PERSON}:${email}`)})</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in to the sandbox</title>
</head>
<body>
<main>
<h1>View the console as</h1>
<ul>
${links.join('\n')}
</ul>
<p>This page replaces the sign-in of Google's Identity-Aware Proxy in the sandbox.</p>
</main>
</body>
</html>
`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/**
 * Returns a path on this origin unchanged, and `/` for any other text. In a redirect, a path that begins with two slashes would
 * name a host.
 */
export function localPath(text: string | null): string {
  const url = URL.parse(text ?? '/', ORIGIN);
  return url?.origin === ORIGIN && !url.pathname.startsWith('//') ? url.pathname + url.search : '/';
}

const ORIGIN = 'http://127.0.0.1';
