// The unmodified AWS SDK for JavaScript reads through the bridge with only environment variables, and reads the token file again
// when its credentials expire.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '../../clients/program.ts';
import type { Ended } from '../../clients/program.ts';
import { googleClaims, inSeconds } from '../../support/google-claims.ts';
import { startWire } from '../../support/wire.ts';
import type { Wire } from '../../support/wire.ts';

const PROGRAM = `import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { writeFileSync } from 'node:fs';
const client = new S3Client({ forcePathStyle: true });
const [, key, file, next] = process.argv;
const read = async () => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'acme-lake', Key: key }));
  await Body.transformToString();
  return (await client.config.credentials()).sessionToken;
};
try {
  console.log(await read());
  if (next) {
    writeFileSync(file, next);
    // The SDK may refresh container credentials in the background.
    let used;
    for (let i = 0; i < 50 && used !== next; i += 1) used = await read();
    console.log(used);
  }
} catch (error) {
  console.log(error.name, error.Code, error.message, error.Message);
}
`;

const WAYS: Readonly<Record<string, (url: string, file: string) => Record<string, string>>> = {
  'STS and a token file': (url, file) => ({
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_ARN: 'arn:aws:iam::000000000000:role/fedbridge',
    AWS_ENDPOINT_URL_STS: `${url}/-/sts`,
  }),
  'container credentials and a token file': (url, file) => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/-/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  }),
};

const THROWN: Readonly<Record<string, RegExp>> = {
  'STS and a token file': /^ExpiredTokenException .*The identity token has expired/,
  // The SDK's default chain of credential providers does not show the error of a single provider.
  'container credentials and a token file': /^CredentialsProviderError .*Could not load credentials/,
};

for (const [name, way] of Object.entries(WAYS)) {
  describe(`the JS SDK with ${name}`, () => {
    let wire: Wire;
    let directory: string;
    before(async () => {
      wire = await startWire();
      directory = await mkdtemp(join(tmpdir(), 'fedbridge-sdk-'));
    });
    after(async () => {
      await wire.close();
      await rm(directory, { recursive: true, force: true });
    });

    const runSdk = async (token: string, next = ''): Promise<Ended> => {
      const file = join(directory, 'token');
      await writeFile(file, token);
      const program = ['--input-type=module', '-e', PROGRAM, '--', 'raw/public/orders.csv', file, next];
      return run(process.execPath, program, {
        // Node looks for the SDK below the working directory.
        directory: new URL('../../..', import.meta.url).pathname,
        env: {
          ...way(wire.bridge.url, file),
          AWS_ENDPOINT_URL_S3: wire.bridge.url,
          AWS_REGION: 'us-east-1',
          AWS_EC2_METADATA_DISABLED: 'true',
          HOME: directory,
        },
      });
    };
    const mint = (exp: number): string =>
      wire.sandbox.mint(googleClaims(wire, 'reader', { exp, jti: String(exp) }));

    it('reads an object, and uses the new token in the file once the old credentials expire', async () => {
      // The SDK refreshes credentials that expire within five minutes.
      const [old, next] = [mint(inSeconds(200)), mint(inSeconds(3000))];
      const { stdout, said } = await runSdk(old, next);
      assert.equal(stdout, `${old}\n${next}\n`, said);
    });

    it('throws an error if the token in the file has expired', async () => {
      const { stdout } = await runSdk(mint(inSeconds(-200)));
      assert.match(stdout, THROWN[name] ?? /never/);
      await wire.bridge.line(({ fault }) => fault === 'token_expired');
    });
  });
}
