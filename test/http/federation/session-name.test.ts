// Session names in CloudTrail identify the caller (email or unique ID) or the bridge (where it runs), as configured for the
// role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { googleClaims } from '../../support/google-claims.ts';
import { READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { asBearer } from '../../support/token-headers.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const namesOf = async (wire: Wire): Promise<string[]> =>
  (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName);

describe('a session named after a caller', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({
      config: ({ audience, role }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}" } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: ["project:acme-prod", "112010400000000710080"], allow: [get], bucket: acme-lake }
`,
    });
  });
  after(() => wire.close());

  for (const [what, changes, name] of [
    ['with an email is named local@project', {}, 'reader@acme-prod'],
    ['without an email is named by its unique ID', { email: undefined }, '112010400000000710080'],
    [
      'whose email is unverified is named by its unique ID',
      { email_verified: false },
      '112010400000000710080',
    ],
    [
      'whose email is too long for STS is named by its unique ID',
      { email: `${'r'.repeat(60)}@acme-prod.iam.gserviceaccount.com` },
      '112010400000000710080',
    ],
  ] as const) {
    it(`${what} in the logs of both STS and S3`, async () => {
      await wire.forgetCalls();
      const token = wire.sandbox.mint(googleClaims(wire, 'reader', changes));
      // S3 rejects the session once, so that the bridge calls STS even if a different test has used this session name.
      await wire.fault({ upstream: 's3', fault: 'error', code: 'ExpiredToken', times: 1 });
      assert.equal((await wire.get(READABLE, { headers: asBearer(token) })).status, 200);
      const names = await namesOf(wire);
      assert.ok(names.length > 0 && names.every((one) => one === name), names.join());
      const [first] = await wire.calls('s3');
      assert.equal(first?.['roleSessionName'], name);
    });
  }
});

describe('a session named after the bridge', () => {
  const platforms: readonly (readonly [what: string, environment: Record<string, string>, name: RegExp])[] = [
    ['on a VM is named project.instance', {}, /^acme-prod\.fedbridge-sandbox$/],
    [
      'on Cloud Run is named project.service.revision',
      { K_SERVICE: 'lake', K_REVISION: 'lake-00007-abc' },
      /^acme-prod\.lake\.lake-00007-abc$/,
    ],
    [
      'on Cloud Run has a name of at most 64 characters',
      { K_SERVICE: 's'.repeat(49), K_REVISION: `${'s'.repeat(49)}-00007-abc` },
      /^acme-prod\.s{37}\.[0-9a-f]{16}$/,
    ],
  ];
  for (const [what, environment, name] of platforms) {
    it(`${what}, and is shared by callers with the same grants`, async (test) => {
      const wire = await startWire({
        environment,
        config: ({ audience, role, callers }) => `
audience: ${audience}
aws: { region: eu-west-1 }
roles: { lake: { arn: "${role}", session: bridge } }
buckets: { acme-lake: { role: lake } }
grants:
  - { callers: [${callers.reader}, ${callers.stranger}], allow: [get], bucket: acme-lake }
  - { callers: [${callers.scoped}], allow: [get], bucket: acme-lake, prefix: raw/public/ }
`,
      });
      test.after(() => wire.close());
      for (const as of ['reader', 'stranger', 'scoped'] as const)
        assert.equal((await wire.get(READABLE, { as })).status, 200);
      const names = await namesOf(wire);
      assert.equal(names.length, 2, 'one session for each set of grants');
      assert.equal(names[0], names[1]);
      assert.match(names[0] ?? '', name);
      assert.match(names[0] ?? '', /^[\w+=,.@-]{2,64}$/);
    });
  }
});
