// A token counts only where its audience is this bridge: not another service's, nor what the bridge itself shows to AWS.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { assertLogged, assertRefused, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const AUDIENCE = { fault: 'token_audience_invalid', says: /is for another audience/ } as const;

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

  it('is any of those that the configuration names', async () => {
    const { audience } = wire.sandbox.contract;
    assert.equal(await statusFor(audience), 200);
    assert.equal(await statusFor('https://lake-bridge-second.example'), 200);
    // JSON Web Token, RFC 7519, 4.1.3; Google's own name one audience.
    assert.equal(await statusFor(['https://other.example', audience]), 200);
  });

  it("is not another service's, however alike", async () => {
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

  it("is not AWS's", async () => {
    const { awsAudience } = wire.sandbox.contract;
    await assertRefused(wire, await wire.token('reader', { audience: awsAudience }), AUDIENCE);
  });

  it('is told to the operator', async () => {
    const reply = await wire.get(READABLE, { headers: asBearer(tokenFor('https://mistyped.example')) });
    const { cause } = await assertLogged(wire, reply, 'token_audience_invalid');
    assert.equal((cause as { aud?: string }).aud, '"https://mistyped.example"');
  });
});
