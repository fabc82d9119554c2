// A grant matches exactly one account or project. Callers with similar names get no access.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** The unique ID in all look-alike callers' tokens; no account in the sandbox has this ID. */
const ANOTHER = '119990000000000000000';
const GRANTED = 'desk@acme-prod.iam.gserviceaccount.com';

const LIKE_THE_ACCOUNT = [
  `${GRANTED}.evil.example`,
  `${GRANTED}@evil.example`,
  `x${GRANTED}`,
  `evil.example/${GRANTED}`,
  'desk@acme-prod.iam.gserviceaccount.com.',
  'desk@acme-prod.iam-gserviceaccount.com',
  'desk@acme-prod1.iam.gserviceaccount.com',
  'desk@acme-pro.iam.gserviceaccount.com',
  'desk@sub.acme-prod.iam.gserviceaccount.com',
  'desk+other@acme-prod.iam.gserviceaccount.com',
  `${GRANTED}#${ANOTHER}`,
  ` ${GRANTED}`,
  `${GRANTED}\n`,
  `${GRANTED}\u0000`,
  // The Kelvin sign, which lower-cases to an ASCII k.
  'des\u212A@acme-prod.iam.gserviceaccount.com',
  // A Cyrillic e.
  'd\u0435sk@acme-prod.iam.gserviceaccount.com',
];

const LIKE_THE_PROJECT = [
  'x@acme-labs.iam.gserviceaccount.com',
  'x@my-acme-lab.iam.gserviceaccount.com',
  'x@acme-la.iam.gserviceaccount.com',
  'x@acme-lab.evil.example.iam.gserviceaccount.com',
  'x@acme-lab.iam.gserviceaccount.com.evil.example',
  'acme-lab.iam.gserviceaccount.com@evil.example',
  'x@acme-lab.gserviceaccount.com',
  'acme-labs@appspot.gserviceaccount.com',
  'x@acme-lab.appspot.gserviceaccount.com',
  'acme-lab@appspot.gserviceaccount.com.evil.example',
  'acme-lab.evil.example@appspot.gserviceaccount.com',
  'acme-lab@developer.gserviceaccount.com',
  'x@acme-lab',
  'project:acme-lab',
];

describe('a caller', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: [${GRANTED}, "project:acme-lab"], allow: [get], bucket: acme-lake }
`,
    });
  });
  after(() => wire.close());

  const statusOf = async (changes: Readonly<Record<string, unknown>>): Promise<number> => {
    const token = wire.sandbox.mint(googleClaims(wire, 'stranger', { sub: ANOTHER, ...changes }));
    return (await wire.get(READABLE, { headers: asBearer(token) })).status;
  };

  it('has access if a grant names its account or its project, regardless of letter case', async () => {
    assert.equal(await statusOf({ email: GRANTED }), 200);
    assert.equal(await statusOf({ email: 'DESK@Acme-Prod.IAM.gserviceaccount.com' }), 200);
    assert.equal(await statusOf({ email: 'x@acme-lab.iam.gserviceaccount.com' }), 200);
    assert.equal(await statusOf({ email: 'X@Acme-Lab.iam.gserviceaccount.com' }), 200);
  });

  for (const email of [...LIKE_THE_ACCOUNT, ...LIKE_THE_PROJECT]) {
    it(`with the look-alike name ${JSON.stringify(email)} gets no access`, async () => {
      assert.equal(await statusOf({ email }), 403);
    });
  }

  it('gets no access through a unique ID that looks like an email or a project', async () => {
    for (const sub of [GRANTED, `${GRANTED}#${ANOTHER}`])
      assert.equal(await statusOf({ sub, email: undefined }), 403);
    // A subject with a colon could look like a caller of another issuer, so the token itself is rejected.
    assert.equal(await statusOf({ sub: 'project:acme-lab', email: undefined }), 401);
  });
});
