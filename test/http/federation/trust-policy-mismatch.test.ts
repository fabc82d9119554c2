// If a role does not exist or does not trust the bridge, the log line shows the values that AWS compared with the trust policy.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { READABLE } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const startWith = (role: string, awsAudience = 'fedbridge'): Promise<Wire> =>
  startWire({
    config: ({ audience, callers }) => `
audience: ${audience}
aws: { region: eu-west-1, audience: ${awsAudience} }
roles: { partner: { arn: "${role}" } }
buckets: { acme-lake: { role: partner } }
grants: [{ callers: [${callers.reader}], allow: [get], bucket: acme-lake }]
`,
    ready: false,
  });

describe('a role', () => {
  for (const [what, role, awsAudience] of [
    ['that trusts another account', 'arn:aws:iam::210987654321:role/trusts-another', 'fedbridge'],
    ['that does not exist', 'arn:aws:iam::123456789012:role/misspelled', 'fedbridge'],
    [
      'that requires another audience',
      'arn:aws:iam::123456789012:role/gcp-lake-read',
      'https://other.example',
    ],
  ] as const) {
    it(`${what} cannot be assumed, even at startup, and the log shows what to compare`, async (test) => {
      const wire = await startWith(role, awsAudience);
      test.after(() => wire.close());
      const { uniqueId } = wire.sandbox.contract.serviceAccount;
      const atStart = await wire.bridge.line(
        ({ message }) => message === 'role partner could not be assumed',
      );
      assert.equal((await wire.get('/-/ready')).status, 503);

      const reply = await wire.get(READABLE, { as: 'reader' });
      assert.equal(reply.status, 502);
      assert.equal(reply.code, 'FederationFailed');
      assert.ok(!reply.text.includes(role.slice(-10)));
      const ofRequest = await wire.bridge.line(
        ({ requestId }) => requestId === reply.headers['x-request-id'],
      );
      assert.equal(ofRequest['role'], 'partner');
      for (const line of [atStart, ofRequest]) {
        assert.equal(line['severity'], 'ERROR');
        assert.equal(line['fault'], 'sts_denied');
        assert.match(
          String(line['remedy']),
          /trust policy does not match the bridge's token\. .* the accounts\.google\.com values in this log line/,
        );
        const cause = line['cause'] as Record<string, unknown>;
        assert.equal(cause['roleArn'], role);
        assert.equal(cause['accounts.google.com:aud'], uniqueId);
        assert.equal(cause['accounts.google.com:oaud'], awsAudience);
        assert.equal(cause['accounts.google.com:sub'], uniqueId);
      }
    });
  }
});
