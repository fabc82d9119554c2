// As a child process, `fedbridge token` prints the decoded token, and the encoded token only with `--raw`.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { claimsOf, identityToken } from '../sandbox/clients.ts';
import { startAsTheBridge, withRoles } from './as-the-bridge.ts';
import type { AsTheBridge, Outcome } from './as-the-bridge.ts';

let here: AsTheBridge;
let lake: string;
before(async () => {
  here = await startAsTheBridge();
  lake = `arn: "${here.contract.role}"`;
});
after(() => here.close());

interface Decoded {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly expires: string;
}

function decoded({ code, stdout, stderr }: Outcome): Decoded {
  assert.deepEqual([code, stderr], [0, '']);
  return JSON.parse(stdout) as Decoded;
}

const issuedTo = (audience: string): Promise<string> => identityToken(here.sandbox, 'default', audience);

describe('fedbridge token', () => {
  it('prints the header, claims and expiry of the token for STS, without its signature', async () => {
    const outcome = await here.run(['token']);
    const jwt = await issuedTo('fedbridge');
    const { header, claims, expires } = decoded(outcome);
    assert.deepEqual(claims, claimsOf(jwt));
    assert.deepEqual([header['alg'], header['typ']], ['RS256', 'JWT']);
    assert.equal(Date.parse(expires) / 1000, claims['exp']);
    for (const part of jwt.split('.')) assert.ok(!outcome.stdout.includes(part));
  });

  it('prints only the token, on one line, with --raw', async () => {
    const { code, stdout, stderr } = await here.run(['token', '--raw']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout, `${await issuedTo('fedbridge')}\n`);
  });

  it('requests a token for exactly the audience in --audience', async () => {
    for (const audience of ['https://other.example', 'a b&c=d+é#%41@"'])
      assert.equal(decoded(await here.run(['token', '--audience', audience])).claims['aud'], audience);
  });

  it('uses aws.audience from the file in --config, not from the configuration in the environment', async () => {
    const config = withRoles({ ...here.contract, awsAudience: 'elsewhere' }, { lake });
    const named = await here.run(['token', '--config', here.file('token.yaml', config)]);
    assert.equal(decoded(named).claims['aud'], 'elsewhere');
    const both = await here.run(['token', '--config', here.file('token.yaml', config), '--audience', 'mine']);
    assert.equal(decoded(both).claims['aud'], 'mine');
  });

  it('needs no configuration and no region', async () => {
    const outcome = await here.run(['token'], { FEDBRIDGE_CONFIG: '', AWS_REGION: '' });
    assert.equal(decoded(outcome).claims['aud'], 'fedbridge');
  });

  it('uses the identity source in the configuration', async () => {
    const jwt = await issuedTo('of a file');
    const path = here.file('token.jwt', jwt);
    const ofFile = here.file('file.yaml', withRoles(here.contract, { lake }, `identity: { file: ${path} }`));
    assert.deepEqual(decoded(await here.run(['token', '--config', ofFile])).claims, claimsOf(jwt));

    const login = here.file('adc.json', JSON.stringify(await here.control('GET', '/adc')));
    const { email, uniqueId } = here.contract.serviceAccount;
    const config = withRoles(here.contract, { lake }, `identity: { impersonate: ${email} }`);
    const impersonated = await here.run(['token', '--config', here.file('impersonate.yaml', config)], {
      GOOGLE_APPLICATION_CREDENTIALS: login,
    });
    const { azp, sub } = decoded(impersonated).claims;
    assert.deepEqual([azp, sub], [uniqueId, uniqueId]);
  });

  it('reports that an AWS profile has no identity token', async () => {
    const profile = withRoles(here.contract, { lake }, 'identity: { profile: laptop }');
    const config = here.file('profile.yaml', profile);
    for (const [args, environment] of [
      [['token', '--config', config], {}],
      [['token'], { AWS_PROFILE: 'laptop' }],
      [['token', '--raw'], { AWS_PROFILE: 'laptop', FEDBRIDGE_CONFIG: '' }],
    ] as const) {
      const { code, stdout, stderr } = await here.run(args, environment);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(
        stderr,
        /^fedbridge token: identity: is an AWS profile, which has no identity token\. .*\n$/,
      );
    }
  });
});
