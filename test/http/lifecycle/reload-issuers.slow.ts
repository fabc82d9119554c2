// A reload that changes the issuers or audiences keeps the keys of the others, so callers do not depend on a new fetch.
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

/** The issuers' callers in grants; a grant must not name an issuer that does not exist. */
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

  it('callers whose issuer is unchanged still read, also with new tokens', async () => {
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

  it('an issuer whose key URL changes gets new keys', async () => {
    await reload([
      `{ name: cluster, kind: kubernetes, url: "${wire.sandbox.contract.issuer}", jwks: "${own.url}/keys" }`,
    ]);
    const reply = await wire.get(READABLE, { headers: asBearer(await clusterToken(wire, 'analytics/etl')) });
    assert.equal(reply.status, 401);
    await assertLogged(wire, reply, 'token_key_unknown');
  });
});
