// No log line, response or metric contains a secret, even after every kind of failure and at the most verbose log level.
// Secrets are tokens, keys, signatures, external IDs, and large substrings of any of them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../support/google-claims.ts';
import { request } from '../support/http-request.ts';
import type { RequestOptions } from '../support/http-request.ts';
import { startStsStandIn } from '../support/sts-stand-in.ts';
import type { StsStandIn } from '../support/sts-stand-in.ts';
import { metricsOrigin } from '../support/metrics.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { secretsRecorder } from '../support/secrets.ts';
import { asBearer, asS3Client } from '../support/token-headers.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { tokenInOddPlaces } from './misplaced-tokens.ts';
import { TELLING_S3, TELLING_STS } from './echoing-upstreams.ts';

const EXTERNAL_ID = 'ext-7f3c0d1e2b4a5968778695a4b3c2d1e0';
const SSE_C_KEY = Buffer.from("the caller's own key of 32 bytes").toString('base64');
const CRASH = 'crash-secret-5e6f708192a3b4c5d6e7f809';
const PRELOAD = new URL('crash-preload.ts', import.meta.url).href;
const OBJECT = '/acme-lake/raw/public/orders.csv';

describe('the bridge at its most verbose log level', () => {
  const secrets = secretsRecorder();
  let [wire, sts, s3, metrics] = [{} as Wire, {} as StsStandIn, {} as StandIn, ''];
  let answer: (typeof TELLING_S3)[string] = (_, response) => response.end('ok');
  let callers = 0;

  before(async () => {
    sts = await startStsStandIn();
    s3 = await startStandIn((asked, response) => {
      const { authorization = '', 'x-amz-security-token': session } = asked.headers;
      secrets.add('a signature for S3', /Signature=(\w+)/.exec(authorization)?.[1] ?? assert.fail());
      assert.ok(sts.bySessionToken(String(session)) !== undefined);
      answer(asked, response);
    });
    wire = await startWire({
      config: ({ audience, awsAudience, role, region }) => `
audience: ${audience}
aws: { region: ${region}, audience: ${awsAudience} }
roles: { lake: { arn: "${role}", then: [{ arn: "arn:aws:iam::210987654321:role/lake-data", externalId: ${EXTERNAL_ID} }] } }
buckets: { acme-lake: { role: lake, endpoint: "${s3.origin}" } }
grants: [{ callers: ["project:acme-prod"], allow: [get, list], bucket: acme-lake }]
cors: { origins: ["https://app.example"] }
`,
      environment: {
        AWS_ENDPOINT_URL_STS: sts.origin,
        FEDBRIDGE_METRICS_PORT: '0',
        LOG_LEVEL: 'trace',
        NODE_OPTIONS: `--import=${PRELOAD}`,
        CRASH_SECRET: CRASH,
        GOOGLE_SDK_NODE_LOGGING: 'all',
        DEBUG: '*',
      },
    });
    metrics = await metricsOrigin(wire.bridge);
    const { metadata, awsAudience } = wire.sandbox.contract;
    const path = `/computeMetadata/v1/instance/service-accounts/default/identity?audience=${awsAudience}&format=full`;
    const own = await request(metadata, path, { headers: { 'Metadata-Flavor': 'Google' } });
    secrets.addToken("the bridge's token", own.text);
    secrets.add('the external ID', EXTERNAL_ID);
    secrets.add("a caller's encryption key", SSE_C_KEY);
    secrets.add('the message of an uncaught error', CRASH);
  });
  after(async () => {
    await wire.close();
    sts.close();
    s3.close();
  });

  /** Returns a token for a new caller, for which the bridge has no session. */
  const newToken = (): string => {
    callers += 1;
    const uniqueId = `11900000000000000${String(callers).padStart(4, '0')}`;
    const email = `job-${callers}@acme-prod.iam.gserviceaccount.com`;
    const token = wire.sandbox.mint(googleClaims(wire, 'reader', { sub: uniqueId, azp: uniqueId, email }));
    secrets.addToken("a caller's token", token);
    return token;
  };
  const ask = async (path: string, options: RequestOptions): Promise<number> => {
    // `request` rejects if the bridge closes the connection before the end of the body.
    const reply = await request(wire.bridge.url, path, options).catch(() => undefined);
    secrets.saw(
      `the response to ${path.slice(0, 60)}`,
      reply === undefined ? '' : `${reply.rawHeaders.join('\n')}\n${reply.text}`,
    );
    return reply?.status ?? 0;
  };
  const askInEachWay = async (token: string): Promise<void> => {
    const own = { 'x-amz-server-side-encryption-customer-key': SSE_C_KEY, range: 'bytes=0-1' };
    for (const headers of [asBearer(token), asS3Client(token)]) {
      await ask(OBJECT, { headers: { ...headers, ...own } });
      await ask(OBJECT, { headers: { ...headers, accept: 'application/json' } });
      await ask(OBJECT, { headers, method: 'HEAD' });
    }
    await ask('/acme-lake?list-type=2&prefix=a', { headers: asBearer(token) });
    await ask('/-/objects?bucket=acme-lake&prefix=a', { headers: asBearer(token) });
  };

  it('reads an object first, so that it holds secrets during the other tests', async () => {
    assert.equal(await ask(OBJECT, { headers: asBearer(newToken()) }), 200);
    assert.ok(sts.sessions.length >= 2);
  });

  for (const [what, telling] of Object.entries(TELLING_S3)) {
    it(`does not leak secrets when S3 sends ${what}`, async () => {
      answer = telling;
      await askInEachWay(newToken());
      answer = (_, response) => response.end('ok');
    });
  }

  for (const [what, telling] of Object.entries(TELLING_STS)) {
    it(`does not leak secrets when STS sends ${what}`, async () => {
      for (const action of ['AssumeRoleWithWebIdentity', 'AssumeRole']) {
        sts.respondWith((form) => (form.get('Action') === action ? telling(form) : undefined));
        for (const as of [asBearer, asS3Client]) {
          const status = await ask(OBJECT, { headers: as(newToken()) });
          assert.ok(status === 502 || status === 503, String(status));
        }
      }
      sts.respondWith(undefined);
    });
  }

  it('does not leak secrets when a request contains a token in the wrong header or parameter', async () => {
    for (const [where, bytes] of tokenInOddPlaces(newToken()))
      secrets.saw(`the response to ${where}`, await rawExchange(wire.bridge.url, bytes));
  });

  it('does not leak secrets when a token is invalid', async () => {
    const bad = [
      wire.sandbox.mint(googleClaims(wire, 'reader', { n: 1 }), {}, 'foreign'),
      wire.sandbox.mint(googleClaims(wire, 'reader', { n: 2, exp: 1 })),
      wire.sandbox.mint(googleClaims(wire, 'reader', { n: 3, aud: 'https://other.example' })),
      wire.sandbox.mint(googleClaims(wire, 'reader', { n: 4 }), { alg: 'HS256' }),
      wire.sandbox.mint(googleClaims(wire, 'reader', { n: 5, padding: 'x'.repeat(7000) })),
    ];
    for (const token of bad) {
      secrets.addToken('an invalid token', token);
      for (const headers of [asBearer(token), asS3Client(token)])
        for (const path of [OBJECT, '/-/whoami', '/-/metrics', '/-/explain?bucket=acme-lake&key=a'])
          await ask(path, { headers });
    }
  });

  it('does not leak secrets when it crashes during a read', async () => {
    secrets.saw('the metrics', (await request(metrics, '/-/metrics')).text);
    const { promise: asked, resolve } = Promise.withResolvers<undefined>();
    answer = () => {
      resolve(undefined);
    };
    const waiting = ask(OBJECT, { headers: asBearer(newToken()) });
    await asked;
    process.kill(wire.bridge.pid, 'SIGUSR2');
    await waiting;
    assert.equal(await wire.bridge.stop(), 1);
    assert.match(wire.bridge.output(), /"severity":"CRITICAL".*TypeError/);
  });

  it('has not leaked any secrets by the end of these tests', () => {
    for (const { accessKeyId, secretAccessKey, sessionToken } of sts.sessions) {
      secrets.add('an access key ID', accessKeyId);
      secrets.add('a secret key', secretAccessKey);
      secrets.add('a session token', sessionToken);
    }
    secrets.saw('the log', wire.bridge.output());
    assert.ok(secrets.seen() > 100 && wire.bridge.lines.length > 100);
    secrets.assertUnseen();
  });
});
