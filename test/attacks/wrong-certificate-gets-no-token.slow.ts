// A server with an invalid certificate never gets a token, even if Node options disable certificate checks. The programs refuse
// to start with such options, and the bridge verifies certificates on every connection regardless of the options.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startAsTheBridge } from '../cli/as-the-bridge.ts';
import type { AsTheBridge } from '../cli/as-the-bridge.ts';
import { createAuthority } from '../faults/certificates.ts';
import { request } from '../support/http-request.ts';
import { openToProject } from '../support/sessions-at-sts.ts';
import { startWire } from '../support/wire.ts';
import type { WireOptions } from '../support/wire.ts';

const UNCHECKED = new URL('serve-without-refusals.ts', import.meta.url).pathname;
const ANY_CERTIFICATE = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
const OBJECT = '/acme-lake/raw/public/orders.csv';

/** A self-signed certificate, which the bridge does not trust. */
const { selfSigned } = createAuthority('localhost');
let connections = 0;
let requests: string[] = [];
const server = createServer(selfSigned, ({ method, url, headers }, response) => {
  requests.push(`${method ?? ''} ${url ?? ''} ${JSON.stringify(headers)}`);
  response.writeHead(404).end();
}).on('connection', () => (connections += 1));
let origin = '';
const directory = mkdtempSync(join(tmpdir(), 'fedbridge-certificates-'));
const file = (name: string): string => join(directory, name);

before(async () => {
  server.listen(0);
  await once(server, 'listening');
  const address = server.address();
  origin = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
beforeEach(() => {
  connections = 0;
  requests = [];
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true });
});

/** The secrets that the bridge must not send to an upstream with an invalid certificate. */
const UPSTREAMS: Readonly<Record<string, () => WireOptions>> = {
  'session tokens to S3': () => ({ environment: { AWS_ENDPOINT_URL_S3: origin, ...ANY_CERTIFICATE } }),
  'identity tokens to STS': () => ({ environment: { AWS_ENDPOINT_URL_STS: origin, ...ANY_CERTIFICATE } }),
  "requests for Google's keys, whose response determines the caller's identity": () => ({
    environment: { FEDBRIDGE_GOOGLE_CERTS: `${origin}/certs`, ...ANY_CERTIFICATE },
  }),
  'a Google login to Google': () => ({
    config: (contract) =>
      openToProject(`identity: { impersonate: ${contract.serviceAccount.email} }`)(contract),
    environment: async ({ control }) => {
      writeFileSync(file('login.json'), (await request(control, '/adc')).text);
      return {
        GOOGLE_APPLICATION_CREDENTIALS: file('login.json'),
        FEDBRIDGE_GOOGLE_APIS: origin,
        ...ANY_CERTIFICATE,
      };
    },
  }),
  'the keys of an AWS profile to STS': () => ({
    config: openToProject('identity: { profile: laptop }'),
    environment: ({ role }) => {
      const keys = 'aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret';
      writeFileSync(
        file('aws'),
        `[profile laptop]\nrole_arn = ${role}\nsource_profile = user\n[profile user]\n${keys}\n`,
      );
      return { AWS_CONFIG_FILE: file('aws'), AWS_ENDPOINT_URL_STS: origin, ...ANY_CERTIFICATE };
    },
  }),
};

/** Starts a bridge and reads an object through it. Returns the error if the bridge does not start. */
async function read(options: WireOptions): Promise<string> {
  const wire = await startWire({ ready: false, ...options }).catch((error: unknown) => String(error));
  if (typeof wire === 'string') return wire;
  try {
    const { status, text } = await wire.get(OBJECT, { as: 'reader' });
    return `${status} ${text}`;
  } finally {
    await wire.close();
  }
}

describe('a bridge that does not start because of unsafe options', () => {
  for (const [what, options] of Object.entries(UPSTREAMS))
    it(`does not send ${what}`, async () => {
      assert.match(await read(options()), /NODE_TLS_REJECT_UNAUTHORIZED=0 makes Node accept any certificate/);
      assert.deepEqual([connections, requests], [0, []]);
    });
});

describe('a bridge that starts despite unsafe options', () => {
  for (const [what, options] of Object.entries(UPSTREAMS))
    it(`does not send ${what}`, async () => {
      const program = { command: [process.execPath, UNCHECKED], options: {} };
      assert.doesNotMatch(await read({ ...options(), program }), /^200 /);
      assert.deepEqual(requests, []);
      assert.ok(connections > 0, 'the bridge tried to connect');
    });
});

describe("a command that uses the bridge's identity", () => {
  let here: AsTheBridge;
  before(async () => {
    here = await startAsTheBridge();
  });
  after(() => here.close());

  for (const args of [['whoami'], ['credentials', 'lake'], ['doctor']])
    it(`does not send an identity token to STS if certificates are not verified: ${args.join(' ')}`, async () => {
      const { code, stderr } = await here.run(args, { AWS_ENDPOINT_URL_STS: origin, ...ANY_CERTIFICATE });
      assert.equal(code, 1);
      assert.match(stderr, /NODE_TLS_REJECT_UNAUTHORIZED=0/);
      assert.deepEqual([connections, requests], [0, []]);
    });
});
