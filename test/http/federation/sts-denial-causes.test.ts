// An STS error code can have several causes, and only the error message distinguishes them. For known messages, the log shows a
// specific remedy.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import { LAKE } from '../../support/chain.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/**
 * AWS's error messages, each with the expected fault and the expected number of STS calls. The bridge does not retry if a new
 * token cannot help, for example if the OIDC provider is misconfigured.
 */
const MESSAGES: readonly (readonly [code: string, message: string, fault: FaultCode, calls: number])[] = [
  [
    'InvalidIdentityToken',
    'No OpenIDConnect provider found in your account for https://accounts.google.com',
    'sts_oidc_provider_registered',
    1,
  ],
  ['InvalidIdentityToken', 'Incorrect token audience', 'sts_oidc_provider_registered', 1],
  [
    'InvalidIdentityToken',
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    'sts_token_invalid',
    3,
  ],
  [
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    'sts_duration_too_long',
    1,
  ],
  [
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    'sts_duration_too_long',
    1,
  ],
  [
    'ValidationError',
    "1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
    'sts_request_invalid',
    1,
  ],
];

const assertLogged = async (wire: Wire, id: unknown, fault: FaultCode): Promise<void> => {
  const line = await wire.bridge.line(({ requestId }) => requestId === id);
  assert.deepEqual([line['fault'], line['remedy']], [fault, FAULTS[fault].fix]);
};

describe('the STS message', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  for (const [i, [code, message, fault, calls]] of MESSAGES.entries()) {
    it(`"${message}" is reported as ${fault}`, async () => {
      await wire.fault({ upstream: 'sts', fault: 'error', code, message });
      await wire.forgetCalls();
      const reply = await wire.get(READABLE, { headers: asAccount(wire, i) });
      await wire.clearFaults();
      assert.deepEqual([reply.status, reply.code], [502, 'FederationFailed']);
      assert.equal((await sessionsAtSts(wire)).length, calls);
      await assertLogged(wire, reply.headers['x-request-id'], fault);
    });
  }

  it('does not appear in the log, because it might repeat parts of the request', () => {
    for (const [, message] of MESSAGES)
      assert.ok(!wire.bridge.output().includes(message.slice(0, 30)), message);
  });
});

describe('a role', () => {
  it('whose configured duration exceeds its maximum session duration is reported as sts_duration_too_long', async (test) => {
    const short = `${LAKE}-short`;
    const wire = await startWire({
      roles: [
        {
          arn: short,
          trust: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: { Federated: 'accounts.google.com' },
              Action: 'sts:AssumeRoleWithWebIdentity',
            },
          },
          permissions: {
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' },
          },
          maxSessionSeconds: 3600,
        },
      ],
      config: (contract) =>
        openToProject()(contract).replace(`arn: "${LAKE}"`, `arn: "${short}", duration: 3601s`),
      ready: false,
    });
    test.after(() => wire.close());
    const reply = await wire.get(READABLE, { headers: asAccount(wire, 1) });
    assert.equal(reply.status, 502);
    await assertLogged(wire, reply.headers['x-request-id'], 'sts_duration_too_long');
  });
});
