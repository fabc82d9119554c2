// Compute Engine's default account has its project's number in its e-mail, so that no grant to a project covers it. Refusals say so.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const E_MAIL = '481920364751-compute@developer.gserviceaccount.com';
const SAYS = /You may not read this\..* Compute Engine's default service account.* by its e-mail/;

describe("Compute Engine's default account", () => {
  let wire: Wire;
  let headers: Readonly<Record<string, string>>;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, bucket }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets:
  by-project: { role: lake, target: ${bucket} }
  by-email: { role: lake, target: ${bucket} }
grants:
  - { callers: ["project:acme-prod"], allow: [get], bucket: by-project }
  - { callers: [${E_MAIL}], allow: [get], bucket: by-email, prefix: raw/public/ }
`,
    });
    headers = asBearer(
      wire.sandbox.mint(googleClaims(wire, 'reader', { email: E_MAIL, sub: '1'.repeat(21) })),
    );
  });
  after(() => wire.close());

  it('is told that a grant to the project does not cover it, and so is the operator', async () => {
    const reply = await wire.get('/by-project/raw/public/orders.csv', { headers });
    assert.equal(reply.status, 403);
    assert.match(reply.text, SAYS);
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.match(String(line['remedy']), /project:PROJECT_ID does not cover.*grant its e-mail/);
    const explained = await wire.get('/-/explain?bucket=by-project&key=a', { headers });
    const { hint } = JSON.parse(explained.text) as { hint: string };
    assert.match(hint, /Compute Engine's default service account.* by its e-mail/);
  });

  it('has all of the sentence in the header of a refused HEAD', async () => {
    const reply = await wire.get('/by-project/raw/public/orders.csv', { headers, method: 'HEAD' });
    assert.match(String(reply.headers['x-fedbridge-message']), /by its e-mail\.$/);
  });

  it('reads by a grant to its e-mail, and outside that is refused as anyone', async () => {
    const reply = await wire.get('/by-email/raw/public/orders.csv', { headers });
    assert.equal(reply.status, 200);
    const outside = await wire.get('/by-email/raw/private.csv', { headers });
    assert.equal(outside.status, 403);
    assert.doesNotMatch(outside.text, /Compute Engine/);
  });
});
