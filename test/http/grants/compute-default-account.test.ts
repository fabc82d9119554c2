// The email of Compute Engine's default account contains the project number, so no project grant covers it. The error explains
// why.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const EMAIL = '481920364751-compute@developer.gserviceaccount.com';
const MESSAGE =
  /You are not allowed to read this\..* Compute Engine's default service account.* to the account's email/;

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
  - { callers: [${EMAIL}], allow: [get], bucket: by-email, prefix: raw/public/ }
`,
    });
    headers = asBearer(
      wire.sandbox.mint(googleClaims(wire, 'reader', { email: EMAIL, sub: '1'.repeat(21) })),
    );
  });
  after(() => wire.close());

  it('is not covered by a grant to its project, and the error, the log and /-/explain report this', async () => {
    const reply = await wire.get('/by-project/raw/public/orders.csv', { headers });
    assert.equal(reply.status, 403);
    assert.match(reply.text, MESSAGE);
    const id = reply.headers['x-request-id'];
    const line = await wire.bridge.line(({ requestId }) => requestId === id);
    assert.match(String(line['remedy']), /project:PROJECT_ID does not cover.*name the account by its email/);
    const explained = await wire.get('/-/explain?bucket=by-project&key=a', { headers });
    const { hint } = JSON.parse(explained.text) as { hint: string };
    assert.match(hint, /Compute Engine's default service account.* to the account's email/);
  });

  it('gets the complete error message in a header if its HEAD request is denied', async () => {
    const reply = await wire.get('/by-project/raw/public/orders.csv', { headers, method: 'HEAD' });
    assert.match(String(reply.headers['x-fedbridge-message']), /to the account's email\.$/);
  });

  it('can read with a grant to its email, and gets the usual error outside that grant', async () => {
    const reply = await wire.get('/by-email/raw/public/orders.csv', { headers });
    assert.equal(reply.status, 200);
    const outside = await wire.get('/by-email/raw/private.csv', { headers });
    assert.equal(outside.status, 403);
    assert.doesNotMatch(outside.text, /Compute Engine/);
  });
});
