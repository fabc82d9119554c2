// A token is accepted only if the configuration lists its audience. Tokens for other services are rejected, and so are tokens
// with the audience that the bridge uses for AWS.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertLogged, assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const AUDIENCE = { fault: 'token_audience_invalid', says: /is for a different audience/ } as const;

describe("a token's audience", () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, awsAudience, role, callers }) => `
audience: [${audience}, https://lake-bridge-second.example]
aws: { region: eu-west-1, audience: ${awsAudience} }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: [${callers.reader}], allow: [get, list], bucket: acme-lake }
`,
    });
  });
  after(() => wire.close());

  const tokenFor = (aud: unknown): string => wire.sandbox.mint(googleClaims(wire, 'reader', { aud }));
  const statusFor = async (aud: unknown): Promise<number> =>
    (await wire.get(READABLE, { headers: asBearer(tokenFor(aud)) })).status;

  it('may be any of the configured audiences', async () => {
    const { audience } = wire.sandbox.contract;
    assert.equal(await statusFor(audience), 200);
    assert.equal(await statusFor('https://lake-bridge-second.example'), 200);
    // RFC 7519, section 4.1.3, allows a list of audiences; Google's tokens have a single audience.
    assert.equal(await statusFor(['https://other.example', audience]), 200);
  });

  it('is rejected if it differs from every configured audience, however slightly', async () => {
    const { audience } = wire.sandbox.contract;
    const others = [
      'https://other.example',
      `${audience}/`,
      `${audience}.evil.example`,
      audience.slice(0, -1),
      audience.toUpperCase(),
      `${audience} https://other.example`,
      '',
    ];
    for (const aud of others) await assertRefused(wire, tokenFor(aud), AUDIENCE);
    await assertRefused(wire, tokenFor(['https://other.example']), AUDIENCE);
    await assertRefused(wire, tokenFor([]), AUDIENCE);
    await assertRefused(wire, tokenFor({ [audience]: audience }), AUDIENCE);
    await assertRefused(wire, tokenFor(undefined), AUDIENCE);
  });

  it('is rejected if it is the audience that the bridge uses for AWS', async () => {
    const { awsAudience } = wire.sandbox.contract;
    await assertRefused(wire, await wire.token('reader', { audience: awsAudience }), AUDIENCE);
  });

  describe('is shown to the caller next to the accepted audiences', () => {
    const messageFor = async (token: string): Promise<string> => {
      const { text } = await wire.get(READABLE, {
        headers: { ...asBearer(token), accept: 'application/json' },
      });
      return (JSON.parse(text) as { message: string }).message;
    };
    const accepted = (): string =>
      `this bridge accepts "${wire.sandbox.contract.audience}" or "https://lake-bridge-second.example".`;

    it('verbatim if it is plain text', async () => {
      const token = tokenFor('https://mistyped.example');
      const message = await messageFor(token);
      assert.ok(message.endsWith(` This token is for "https://mistyped.example"; ${accepted()}`), message);
      const { headers } = await wire.get(READABLE, { headers: asBearer(token) });
      assert.match(
        headers['www-authenticate'] ?? '',
        /is for 'https:\/\/mistyped\.example'; this bridge accepts '/,
      );
    });
    it('escaped in bodies and headers', async () => {
      const token = tokenFor('a"\\\r\nx-injected: 1\u202e<b>é');
      const message = await messageFor(token);
      assert.match(
        message,
        /is for "a\\u\{22\}\\u\{5c\}\\u\{d\}\\u\{a\}x-injected: 1\\u\{202e\}<b>\\u\{e9\}";/,
      );
      for (const method of ['GET', 'HEAD']) {
        const reply = await wire.get(READABLE, { headers: asBearer(token), method });
        assert.equal(reply.status, 401);
        assert.equal(reply.headers['x-injected'], undefined);
        assert.match(
          reply.headers['www-authenticate'] ?? '',
          /^Bearer realm="fedbridge", error="invalid_token", error_description="[ !#-[\]-~]+"$/,
        );
      }
    });
    it('truncated to 200 characters', async () => {
      assert.match(await messageFor(tokenFor('a'.repeat(1000))), /is for "a{200}…";/);
    });
    it('as a list, or as "no audience" if it is missing', async () => {
      assert.match(
        await messageFor(tokenFor(['https://one.example', 'https://two.example'])),
        /is for "https:\/\/one\.example" or "https:\/\/two\.example"; this bridge/,
      );
      assert.match(await messageFor(tokenFor(undefined)), /This token has no audience; this bridge accepts/);
    });
    it('only if the signature is valid', async () => {
      const [head = '', claims = ''] = tokenFor('https://mistyped.example').split('.');
      const [, , signature = ''] = tokenFor('https://other.example').split('.');
      const message = await messageFor([head, claims, signature].join('.'));
      assert.doesNotMatch(message, /mistyped|accepts/);
    });
  });

  it('is logged for the operator', async () => {
    const reply = await wire.get(READABLE, { headers: asBearer(tokenFor('https://mistyped.example')) });
    const { cause } = await assertLogged(wire, reply, 'token_audience_invalid');
    assert.equal((cause as { aud?: string }).aud, '"https://mistyped.example"');
  });
});
