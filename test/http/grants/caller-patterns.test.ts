// Grants can name callers by email, by unique ID, by both, or by project.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ACCOUNTS } from '../../../src/sandbox/google/accounts.ts';
import { googleClaims } from '../../support/google-claims.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** All four bucket names map to the same S3 bucket. */
const BUCKETS = ['by-email', 'by-id', 'by-both', 'by-project'] as const;
type Bucket = (typeof BUCKETS)[number];

const { email, uniqueId } = ACCOUNTS.reader;
const OTHER_ID = '119990000000000000000';

const CALLERS: readonly (readonly [
  caller: string,
  claims: Readonly<Record<string, unknown>>,
  may: readonly Bucket[],
])[] = [
  ['the account itself', {}, BUCKETS],
  ['an account re-created with the same email', { sub: OTHER_ID }, ['by-email', 'by-project']],
  ['the account with another email', { email: 'renamed@other-project.iam.gserviceaccount.com' }, ['by-id']],
  ['the account without an email', { email: undefined, email_verified: undefined }, ['by-id']],
  [
    'another account of the project',
    { sub: OTHER_ID, email: 'other@acme-prod.iam.gserviceaccount.com' },
    ['by-project'],
  ],
  [
    'an account of a project within a domain',
    { sub: OTHER_ID, email: 'x@acme-lab.acme.example.iam.gserviceaccount.com' },
    ['by-project'],
  ],
  [
    "the project's App Engine default account",
    { sub: OTHER_ID, email: 'acme-prod@appspot.gserviceaccount.com' },
    ['by-project'],
  ],
  [
    'the App Engine default account of a project within a domain',
    { sub: OTHER_ID, email: 'acme-lab.acme.example@appspot.gserviceaccount.com' },
    ['by-project'],
  ],
  [
    "Compute Engine's default account",
    { sub: OTHER_ID, email: '481920364751-compute@developer.gserviceaccount.com' },
    [],
  ],
  ['a human user', { sub: OTHER_ID, email: 'person@acme.example' }, []],
  ["another project's account", { sub: OTHER_ID, email: 'reader@other-project.iam.gserviceaccount.com' }, []],
];

describe('grants by email, unique ID and project', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role, bucket }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets:
${BUCKETS.map((name) => `  ${name}: { role: lake, target: ${bucket} }`).join('\n')}
grants:
  - { callers: [${email.replace('reader', 'Reader')}], allow: [get], bucket: by-email }
  - { callers: ["${uniqueId}"], allow: [get], bucket: by-id }
  - { callers: ["${email}#${uniqueId}"], allow: [get], bucket: by-both }
  - { callers: ["project:acme-prod", "project:acme.example:acme-lab"], allow: [get], bucket: by-project }
`,
    });
  });
  after(() => wire.close());

  for (const [caller, claims, may] of CALLERS) {
    it(`give ${caller} ${may.length === 0 ? 'no access' : `access to ${may.join(', ')}`}`, async () => {
      const headers = asBearer(wire.sandbox.mint(googleClaims(wire, 'reader', claims)));
      for (const bucket of BUCKETS) {
        const reply = await wire.get(`/${bucket}/raw/public/orders.csv`, { headers });
        assert.equal(reply.status, may.includes(bucket) ? 200 : 403, bucket);
        assert.equal(reply.text.startsWith('id,item'), may.includes(bucket), bucket);
      }
      const list = await wire.get('/', { headers });
      assert.deepEqual(
        [...list.text.matchAll(/<Name>([^<]*)<\/Name>/g)].map(([, name]) => name),
        [...may].sort(),
        'the list of buckets shows exactly these',
      );
    });
  }
});
