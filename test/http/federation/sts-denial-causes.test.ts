// One code of STS has several causes, told apart by its words alone: where they are known, the operator reads the remedy for that one.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FAULTS } from '../../../src/errors/table.ts';
import type { FaultCode } from '../../../src/errors/table.ts';
import { LAKE } from '../../support/chain.ts';
import { asAccount, openToProject, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

/** AWS's sentences, and the calls that they are worth: a new token changes nothing where the provider is at fault. */
const WORDS: readonly (readonly [code: string, message: string, fault: FaultCode, calls: number])[] = [
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

const assertTold = async (wire: Wire, id: unknown, fault: FaultCode): Promise<void> => {
  const line = await wire.bridge.line(({ requestId }) => requestId === id);
  assert.deepEqual([line['fault'], line['remedy']], [fault, FAULTS[fault].fix]);
};

describe('STS that says', () => {
  let wire: Wire;
  before(async () => {
    wire = await startWire({ config: openToProject() });
  });
  after(() => wire.close());

  for (const [i, [code, message, fault, calls]] of WORDS.entries()) {
    it(`"${message}" means ${fault}`, async () => {
      await wire.fault({ supplier: 'sts', fault: 'error', code, message });
      await wire.forgetCalls();
      const reply = await wire.get(READABLE, { headers: asAccount(wire, i) });
      await wire.clearFaults();
      assert.deepEqual([reply.status, reply.code], [502, 'FederationFailed']);
      assert.equal((await sessionsAtSts(wire)).length, calls);
      await assertTold(wire, reply.headers['x-request-id'], fault);
    });
  }

  it('its words nowhere in our log or answer, as they may repeat what was sent', () => {
    for (const [, message] of WORDS) assert.ok(!wire.bridge.output().includes(message.slice(0, 30)), message);
  });
});

describe('a role', () => {
  it('asked for longer than its owner lets it last is told with what to lower or raise', async (test) => {
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
    await assertTold(wire, reply.headers['x-request-id'], 'sts_duration_too_long');
  });
});
