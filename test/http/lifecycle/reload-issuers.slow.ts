// A reload that changes issuers or audiences keeps the keys of unchanged issuers, so their callers do not depend on a new key
// fetch.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SandboxContract } from '../../../src/sandbox/sandbox.ts';
import { emailOf } from '../../support/configuration.ts';
import { clusterToken, startIssuer } from '../../support/issuers.ts';
import type { OwnIssuer } from '../../support/issuers.ts';
import { startReloading } from '../../support/reloading.ts';
import type { ReloadingWire } from '../../support/reloading.ts';
import { assertLogged, READABLE } from '../../support/refused-token.ts';
import { asBearer } from '../../support/token-headers.ts';

/** The callers that the grant names: only those whose issuer is configured, because a grant must not name an unknown issuer. */
const callersOf = (issuers: readonly string[]): readonly string[] =>
  [
    ['name: cluster', 'cluster:analytics/etl'],
    ['name: own', 'own:x'],
  ].flatMap(([issuer = '', caller = '']) => (issuers.some((each) => each.includes(issuer)) ? [caller] : []));

describe('a reload that changes issuers while all key endpoints are down', () => {
  let wire: ReloadingWire;
  let own: OwnIssuer;
  const yaml =
    (issuers: readonly string[], audiences: readonly string[] = []) =>
    ({ audience, region, awsAudience, role, bucket }: SandboxContract): string => `
audience: ["${[audience, ...audiences].join('", "')}"]
aws: { region: ${region}, audience: ${awsAudience} }
issuers: [${issuers.join(', ')}]
roles: { lake: { arn: "${role}" } }
buckets: { ${bucket}: { role: lake } }
grants: [{ callers: ["${[emailOf('reader'), ...callersOf(issuers)].join('", "')}"], allow: [get], bucket: ${bucket} }]
`;
  const cluster = (): string => `{ name: cluster, kind: kubernetes, url: "${wire.sandbox.contract.issuer}" }`;
  const ownIssuer = (): string => `{ name: own, kind: generic, url: "${own.url}" }`;
  const reload = (...shape: Parameters<typeof yaml>) => wire.reload(yaml(...shape)(wire.sandbox.contract));
  before(async () => {
    own = await startIssuer();
    wire = await startReloading((contract) =>
      yaml([`{ name: cluster, kind: kubernetes, url: "${contract.issuer}" }`, ownIssuer()])(contract),
    );
  });
  after(async () => {
    await wire.close();
    own.standIn.close();
  });

  it('does not affect callers whose issuer is unchanged, even if their tokens are new', async () => {
    const statusesOf = async (): Promise<number[]> => [
      (await wire.get(READABLE, { as: 'reader' })).status,
      (await wire.get(READABLE, { headers: asBearer(await clusterToken(wire, 'analytics/etl')) })).status,
    ];
    assert.deepEqual(await statusesOf(), [200, 200]);
    assert.equal((await wire.get(READABLE, { headers: asBearer(own.token({ sub: 'x' })) })).status, 200);
    await wire.fault({ upstream: 'certs', fault: 'refuse' });
    await wire.fault({ upstream: 'issuer', fault: 'refuse' });

    assert.equal((await reload([cluster()]))['severity'], 'INFO');
    assert.deepEqual(await statusesOf(), [200, 200]);
    assert.equal((await wire.get(READABLE, { headers: asBearer(own.token({ sub: 'x' })) })).status, 401);
    await reload([cluster()], ['https://second.example']);
    assert.deepEqual(await statusesOf(), [200, 200]);
    await reload([cluster(), ownIssuer()]);
    assert.deepEqual(await statusesOf(), [200, 200]);
  });

  it('replaces the keys of an issuer whose key URL has changed', async () => {
    await reload([
      `{ name: cluster, kind: kubernetes, url: "${wire.sandbox.contract.issuer}", jwks: "${own.url}/keys" }`,
    ]);
    const reply = await wire.get(READABLE, { headers: asBearer(await clusterToken(wire, 'analytics/etl')) });
    assert.equal(reply.status, 401);
    await assertLogged(wire, reply, 'token_key_unknown');
  });
});
