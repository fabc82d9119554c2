// A token that differs only in its encoding is either rejected or identifies the same caller. A token with any other change is
// rejected.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startMint } from '../fuzz/mint.ts';
import type { Mint } from '../fuzz/mint.ts';
import { AUDIENCE, CALLERS, configuration } from '../fuzz/lake.ts';
import type { TokenRecipe } from '../fuzz/fuzz-case.ts';
import { recipeOf } from '../fuzz/seeds.ts';
import { asBearer } from '../support/token-headers.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

const { scoped } = CALLERS;
const READER = CALLERS.reader.email;

describe('a token', () => {
  let wire: Wire;
  let mint: Mint;
  before(async () => {
    mint = await startMint();
    wire = await startWire({
      config: () => configuration('http://127.0.0.1:9'),
      environment: { FEDBRIDGE_GOOGLE_CERTS: mint.certsUrl },
    });
    // Puts the token into the bridge's cache, so that the tests cover cached tokens.
    assert.deepEqual(await holderOf(mint.token(recipeOf('scoped'))), ['200', scoped.sub, scoped.email]);
  });
  after(async () => {
    await wire.close();
    mint.close();
  });

  const holderOf = async (
    token: string,
  ): Promise<readonly [status: string, sub?: string, email?: string | null]> => {
    const { status, text } = await wire.get('/-/whoami', { headers: asBearer(token) });
    if (status !== 200) return [String(status)];
    const { uniqueId, email } = JSON.parse(text) as {
      readonly uniqueId: string;
      readonly email: string | null;
    };
    return [String(status), uniqueId, email];
  };
  const withClaims = (claims: string): TokenRecipe => ({ ...recipeOf('scoped'), claims });

  it('with an altered base64 encoding is rejected or still identifies the caller that it was issued to', async () => {
    const token = mint.token(recipeOf('scoped'));
    const [header = '', claims = '', signature = ''] = token.split('.');
    const last = signature.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The signature has 256 bytes, so four bits of its last base64url character are unused.
    const spare = Array.from(alphabet).filter(
      (each) => alphabet.indexOf(each) >> 4 === alphabet.indexOf(last) >> 4,
    );
    assert.equal(spare.length, 16);
    const others = [
      ...spare.map((each) => `${header}.${claims}.${signature.slice(0, -1)}${each}`),
      ...['=', '==', '===', '\t', 'A', '.', '%3D'].map((more) => token + more),
      `${header}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`,
      `${header}.${claims}.\t${signature}`,
      `${header}=.${claims}.${signature}`,
      `${header}.${claims}=.${signature}`,
      `${header}.\t${claims}.${signature}`,
      `${header}.${claims}A.${signature}`,
    ];
    for (const other of others) {
      const holder = await holderOf(other);
      if (holder[0] === '200') assert.deepEqual(holder, ['200', scoped.sub, scoped.email], other);
      else assert.deepEqual(holder, ['401'], other);
    }
  });

  it('with a missing or partial signature is rejected', async () => {
    const [header = '', claims = '', signature = ''] = mint.token(recipeOf('scoped')).split('.');
    for (const part of [
      '',
      signature.slice(0, -2),
      signature.slice(2),
      `${signature}${signature}`,
      'A'.repeat(342),
    ])
      assert.deepEqual(await holderOf(`${header}.${claims}.${part}`), ['401']);
    assert.deepEqual(await holderOf(`${header}.${claims}`), ['401']);
  });

  it('with a duplicate claim identifies the caller by the last value of that claim', async () => {
    const { claims } = recipeOf('scoped');
    const twice = claims.replace('"email":', `"email":"${READER}","email":`);
    assert.deepEqual(await holderOf(mint.token(withClaims(twice))), ['200', scoped.sub, scoped.email]);
    const subjects = claims.replace('"sub":', `"sub":"${CALLERS.reader.sub}","sub":`);
    assert.deepEqual(await holderOf(mint.token(withClaims(subjects))), ['200', scoped.sub, scoped.email]);
    const inOwn = mint.token(
      withClaims(claims.replace('{', `{"__proto__":{"email":"${READER}"},"constructor":1,`)),
    );
    assert.deepEqual(await holderOf(inOwn), ['200', scoped.sub, scoped.email]);
  });

  it('with claims of the wrong type is rejected', async () => {
    const good = JSON.parse(recipeOf('scoped').claims) as Record<string, unknown>;
    const bad: readonly Record<string, unknown>[] = [
      ...[[scoped.sub], { id: scoped.sub }, Number(scoped.sub), '', null].map((sub) => ({ sub })),
      ...[null, '9999999999', [9_999_999_999], {}].map((exp) => ({ exp })),
      ...[null, {}, [[AUDIENCE]], [], `${AUDIENCE}/`, AUDIENCE.toUpperCase(), `${AUDIENCE},x`].map((aud) => ({
        aud,
      })),
      ...[null, '0'].map((iat) => ({ iat })),
    ];
    for (const change of bad)
      assert.deepEqual(await holderOf(mint.token(withClaims(JSON.stringify({ ...good, ...change })))), [
        '401',
      ]);
    for (const claims of [
      '[]',
      'null',
      '"text"',
      '1',
      '',
      '{',
      '{"a":1}}',
      `[${recipeOf('scoped').claims}]`,
      '['.repeat(3000),
    ])
      assert.deepEqual(await holderOf(mint.token(withClaims(claims))), ['401'], claims.slice(0, 40));
  });

  it('whose email claim is unverified or has the wrong type is treated as a token without an email', async () => {
    const good = JSON.parse(recipeOf('scoped').claims) as Record<string, unknown>;
    const bad: readonly Record<string, unknown>[] = [
      ...['true', 1, 'yes', [true], {}, null].map((verified) => ({
        email: READER,
        email_verified: verified,
      })),
      ...[[READER], { 0: READER }, null].map((email) => ({ email })),
    ];
    for (const change of bad) {
      const token = mint.token(withClaims(JSON.stringify({ ...good, ...change })));
      assert.deepEqual(await holderOf(token), ['200', scoped.sub, null], JSON.stringify(change));
    }
  });
});
