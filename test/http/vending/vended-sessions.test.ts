// Each vended session is a new one: it is separate from the bridge's own sessions, is recognizable by its name, lasts at most an
// hour, and can be revoked with `fedbridge revoke`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chained, LAKE, LAKE_DATA, TO_LAKE_DATA } from '../../support/chain.ts';
import { configured } from '../../support/configuration.ts';
import { revokeRole } from '../../support/revocation.ts';
import { asAccount, READABLE, sessionsAtSts } from '../../support/sessions-at-sts.ts';
import { credentialsIn, directWith, vendedTo, VEND_PATH, VENDING } from '../../support/vended.ts';
import { startWire } from '../../support/wire.ts';

const PROJECT_MAY_VEND = 'callers: ["project:acme-prod"], allow: [get, list, vend], bucket: acme-lake';

describe('a vended session', () => {
  it("is never used for the bridge's own reads, and has a name that begins with vend=", async (test) => {
    const wire = await startWire({ config: configured({ grants: [PROJECT_MAY_VEND] }) });
    test.after(() => wire.close());
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    const first = credentialsIn(await wire.get(VEND_PATH, { as: 'reader' }));
    const second = credentialsIn(await wire.get(VEND_PATH, { as: 'reader' }));
    assert.notEqual(first.Token, second.Token);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    assert.deepEqual(
      (await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName),
      ['reader@acme-prod', 'vend=reader@acme-prod', 'vend=reader@acme-prod'],
    );
    await wire.forgetCalls();
    assert.equal((await directWith(wire, first)('GET', READABLE)).status, 200);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
    assert.deepEqual(
      (await wire.calls('s3')).map(({ roleSessionName }) => roleSessionName),
      ['vend=reader@acme-prod', 'reader@acme-prod'],
    );
  });

  it("lasts at most an hour, even if the role's sessions last longer", async (test) => {
    const wire = await startWire({
      config: (contract) =>
        configured({ grants: [PROJECT_MAY_VEND] })(contract).replace(' } }', ', duration: 12h } }'),
    });
    test.after(() => wire.close());
    const { Expiration } = credentialsIn(await wire.get(VEND_PATH, { as: 'reader' }));
    assert.ok(Date.parse(Expiration) <= Date.now() + 3_600_000);
    const [call] = await sessionsAtSts(wire);
    assert.equal(call?.durationSeconds, 3600);
  });

  it("lasts only as long as the role's sessions if those are shorter than an hour", async (test) => {
    const wire = await startWire({
      config: (contract) =>
        configured({ grants: [PROJECT_MAY_VEND] })(contract).replace(' } }', ', duration: 15m } }'),
    });
    test.after(() => wire.close());
    credentialsIn(await wire.get(VEND_PATH, { as: 'reader' }));
    assert.equal((await sessionsAtSts(wire))[0]?.durationSeconds, 900);
  });

  it('is revoked by the commands that fedbridge revoke prints, while reads through the bridge continue', async (test) => {
    const wire = await startWire({ config: VENDING });
    test.after(() => wire.close());
    const direct = await vendedTo(wire, 'reader');
    assert.equal((await direct('GET', READABLE)).status, 200);
    const everything = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
    await revokeRole(wire, everything);
    const denied = await direct('GET', READABLE);
    assert.equal(denied.status, 403);
    assert.match(denied.text, /explicit deny in an identity-based policy/);
    assert.equal((await wire.get(READABLE, { as: 'reader' })).status, 200);
  });

  it("for a chain of roles is a session of the last role, and every hop's session is named after the caller", async (test) => {
    const wire = await startWire({
      config: (contract) =>
        chained([TO_LAKE_DATA])(contract).replace('allow: [get, list]', 'allow: [get, vend]'),
    });
    test.after(() => wire.close());
    await wire.forgetCalls();
    const direct = await vendedTo(wire, 'reader');
    assert.equal((await direct('GET', READABLE)).status, 200);
    const calls = await wire.calls('sts');
    assert.deepEqual(
      calls.map(({ roleArn, roleSessionName, policy }) => [roleArn, roleSessionName, typeof policy]),
      [
        [LAKE, 'vend=reader@acme-prod', 'undefined'],
        [LAKE_DATA, 'vend=reader@acme-prod', 'string'],
      ],
    );
  });

  it('is never shared by several callers, even if they have the same grants', async (test) => {
    const wire = await startWire({ config: configured({ grants: [PROJECT_MAY_VEND] }) });
    test.after(() => wire.close());
    const tokens = await Promise.all(
      [1, 2, 3].map(async (n) => credentialsIn(await wire.get(VEND_PATH, { headers: asAccount(wire, n) }))),
    );
    assert.equal(new Set(tokens.map(({ Token }) => Token)).size, 3);
    assert.deepEqual((await sessionsAtSts(wire)).map(({ roleSessionName }) => roleSessionName).sort(), [
      'vend=job-1@acme-prod',
      'vend=job-2@acme-prod',
      'vend=job-3@acme-prod',
    ]);
  });
});
