// The emulated Identity-Aware Proxy signs people in, forwards their requests with a signed assertion, and never forwards headers that
// only the real proxy may set.
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { request } from '../support/http-request.ts';
import { startStandIn } from '../support/stand-in.ts';
import { sandboxFor } from './clients.ts';

const SIGN_IN = '/_gcp_iap/sign-in';

test('after a person signs in to the emulated proxy, the console gets an assertion for that person', async (context) => {
  const sandbox = await sandboxFor(context);
  const { console: iap, consoleAudience, people } = sandbox.contract;
  const received: IncomingHttpHeaders[] = [];
  const console = await startStandIn(({ headers }, response) => {
    received.push(headers);
    response.writeHead(206, { 'x-own': 'yes' }).end('from the console');
  });
  context.after(() => {
    console.close();
  });
  sandbox.serveConsole(() => Promise.resolve(console.origin));

  const first = await request(iap, '/?bucket=acme-lake');
  assert.deepEqual([first.status, first.headers.location], [302, `${SIGN_IN}?to=%2F%3Fbucket%3Dacme-lake`]);
  const fromScript = await request(iap, '/-/whoami', { headers: { 'x-requested-with': 'XMLHttpRequest' } });
  assert.equal(fromScript.status, 401);
  const page = await request(iap, SIGN_IN);
  for (const email of Object.values(people)) assert.match(page.text, new RegExp(`\\(user:${email}\\)`));
  const chosen = await request(iap, `${SIGN_IN}?as=${people['scoped'] ?? ''}&to=/?bucket=acme-lake`);
  assert.equal(chosen.headers.location, '/?bucket=acme-lake');
  const [cookie = ''] = String(chosen.headers['set-cookie']).split(';');
  assert.equal(received.length, 0);

  const reply = await request(iap, '/-/whoami', {
    headers: { cookie, 'x-goog-iap-jwt-assertion': 'forged', 'x-goog-other': 'x', range: 'bytes=0-1' },
  });
  assert.deepEqual([reply.status, reply.headers['x-own'], reply.text], [206, 'yes', 'from the console']);
  const [headers = {}] = received;
  assert.deepEqual(
    [headers.cookie, headers['x-goog-other'], headers.range],
    [undefined, undefined, 'bytes=0-1'],
  );
  const keys = JSON.parse((await request(iap, '/_gcp_iap/keys')).text) as JSONWebKeySet;
  const { payload } = await jwtVerify(String(headers['x-goog-iap-jwt-assertion']), createLocalJWKSet(keys), {
    issuer: 'https://cloud.google.com/iap',
    audience: consoleAudience,
    algorithms: ['ES256'],
  });
  assert.equal(payload['email'], people['scoped']);
  assert.match(String(payload.sub), /^accounts\.google\.com:\d{21}$/);

  const out = await request(iap, '/?gcp-iap-mode=CLEAR_LOGIN_COOKIE', { headers: { cookie } });
  assert.match(String(out.headers['set-cookie']), /Max-Age=0/);
});

test('the emulated proxy redirects only to its own paths, and only from this machine', async (context) => {
  const { contract } = await sandboxFor(context);
  const email = contract.people['reader'] ?? '';
  for (const to of [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    'http://127.0.0.1//evil.example',
    'javascript:alert(1)',
  ]) {
    const reply = await request(contract.console, `${SIGN_IN}?as=${email}&to=${encodeURIComponent(to)}`);
    assert.equal(reply.headers.location, '/', to);
  }
  const foreign = await request(contract.console, '/', { headers: { host: 'evil.example' } });
  assert.equal(foreign.status, 421);
  const crossSite = await request(contract.console, '/', { headers: { 'sec-fetch-site': 'cross-site' } });
  assert.equal(crossSite.status, 403);
});

test('the emulated proxy does not let an unknown person sign in, and reports that the console was not started', async (context) => {
  const { contract } = await sandboxFor(context);
  const cookieFor = async (email: string): Promise<string> => {
    const reply = await request(contract.console, `${SIGN_IN}?as=${email}`);
    return String(reply.headers['set-cookie']).split(';')[0] ?? '';
  };
  const unknown = await request(contract.console, '/', {
    headers: { cookie: await cookieFor('x@acme.example') },
  });
  assert.equal(unknown.status, 302);
  const known = await cookieFor(contract.people['reader'] ?? '');
  const reply = await request(contract.console, '/', { headers: { cookie: known } });
  assert.deepEqual([reply.status, reply.text], [502, 'The console did not respond: it was not started\n']);
  const broken = await request(contract.console, '/', { headers: { cookie: 'FEDBRIDGE_SANDBOX_PERSON=%' } });
  assert.equal(broken.status, 302);
});
