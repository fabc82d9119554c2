// Emulates Google's Identity-Aware Proxy (IAP): signs people in, and forwards their requests to the console with a signed assertion.
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { SigningKeys } from '../google/keys.ts';
import { IAP_KEYS_PATH, IAP_PREFIX, localPath, SIGN_IN_PATH, signInPage } from './sign-in.ts';
import type { People } from './sign-in.ts';

export interface IapParts {
  readonly keys: SigningKeys;
  readonly people: People;
  /** The audience of the assertions. */
  readonly audience: string;
}

export interface Iap {
  readonly listener: RequestListener;
  /** @param start starts the console when somebody first opens it, and resolves to its origin */
  serveConsole(start: () => Promise<string>): void;
}

const COOKIE = 'FEDBRIDGE_SANDBOX_PERSON';

/** The lifetime of an assertion. As at IAP itself, an assertion is valid for ten minutes. */
const LIFE_SECONDS = 600;

/**
 * Matches the request headers that are not forwarded. Some of them must come from IAP only, and the cookie is IAP's own (IAP,
 * "Securing your app with signed headers").
 */
const REMOVED = /^(?:x-goog-.*|cookie|connection|keep-alive|transfer-encoding|upgrade|te|proxy-.*)$/;

/** Returns the claims of an assertion for a person with a Google account. */
export function assertionClaims(email: string, audience: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: 'https://cloud.google.com/iap',
    aud: audience,
    sub: `accounts.google.com:${inventedSubject(email)}`,
    email,
    iat: now,
    exp: now + LIFE_SECONDS,
  };
}

/** Returns the same 21 digits for an email in every sandbox. */
function inventedSubject(email: string): string {
  const digest = createHash('sha256').update(email).digest();
  return `1${String(digest.readBigUInt64BE() % 10n ** 20n).padStart(20, '0')}`;
}

export function createIap(parts: IapParts): Iap {
  let start = (): Promise<string> => Promise.reject(new Error('it was not started'));
  let started: Promise<string> | undefined;
  const consoleOrigin = (): Promise<string> =>
    (started ??= start().catch((error: unknown) => {
      // Lets the next request try to start the console again.
      started = undefined;
      throw error;
    }));
  const listener: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(`http://iap.invalid${localPath(request.url ?? '/')}`);
    if (pathname === IAP_KEYS_PATH) {
      sendText(response, 200, ['application/json', JSON.stringify(parts.keys.jwks())]);
    } else if (pathname === SIGN_IN_PATH) {
      signIn(parts.people, searchParams, response);
    } else if (pathname.startsWith(IAP_PREFIX)) {
      sendText(response, 404, [
        'text/plain',
        'The sandbox does not emulate this page of Identity-Aware Proxy.\n',
      ]);
    } else if (searchParams.get('gcp-iap-mode') === 'CLEAR_LOGIN_COOKIE') {
      redirect(response, SIGN_IN_PATH, `${COOKIE}=; Path=/; Max-Age=0`);
    } else {
      const email = personIn(request);
      if (email !== undefined && [...parts.people.values()].includes(email))
        void forward({ ...parts, consoleOrigin }, email, { request, response });
      else if (request.headers['x-requested-with'] === 'XMLHttpRequest')
        sendText(response, 401, ['text/plain', 'Sign in again.\n']);
      else
        redirect(response, `${SIGN_IN_PATH}?${new URLSearchParams([['to', request.url ?? '/']]).toString()}`);
    }
  };
  return {
    listener,
    serveConsole: (given) => {
      start = given;
    },
  };
}

function signIn(people: People, query: URLSearchParams, response: ServerResponse): void {
  const [email, to] = [query.get('as'), localPath(query.get('to'))];
  if (email === null) sendText(response, 200, ['text/html; charset=utf-8', signInPage(people, to)]);
  else redirect(response, to, `${COOKIE}=${encodeURIComponent(email)}; Path=/; HttpOnly; SameSite=Lax`);
}

function personIn({ headers: { cookie = '' } }: IncomingMessage): string | undefined {
  const value = cookie
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${COOKIE}=`));
  try {
    return value === undefined ? undefined : decodeURIComponent(value.slice(COOKIE.length + 1));
  } catch {
    return undefined;
  }
}

async function forward(
  { keys, audience, consoleOrigin }: IapParts & { readonly consoleOrigin: () => Promise<string> },
  email: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  try {
    const origin = await consoleOrigin();
    const kept = Object.entries(request.headers).filter(([name]) => !REMOVED.test(name));
    const upstream = httpRequest(origin + (request.url ?? '/'), {
      method: request.method ?? 'GET',
      headers: {
        ...Object.fromEntries(kept),
        'x-goog-iap-jwt-assertion': keys.mint(assertionClaims(email, audience)),
        'x-goog-authenticated-user-email': `accounts.google.com:${email}`,
      },
      insecureHTTPParser: false,
    });
    upstream
      .on('response', (received) => {
        response.writeHead(received.statusCode ?? 502, received.rawHeaders);
        received.on('error', () => response.destroy()).pipe(response);
      })
      .on('error', (error) => {
        refuse(response, error);
      });
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  } catch (error) {
    refuse(response, error);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else
    sendText(response, 502, [
      'text/plain',
      `The console did not respond: ${error instanceof Error ? error.message : String(error)}\n`,
    ]);
}

function redirect(response: ServerResponse, location: string, cookie?: string): void {
  response
    .writeHead(302, {
      location,
      'cache-control': 'no-store',
      ...(cookie === undefined ? {} : { 'set-cookie': cookie }),
    })
    .end();
}

function sendText(response: ServerResponse, status: number, [type, text]: readonly [string, string]): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}
