// A current AWS CLI and boto3 read through the bridge with only environment variables: STS with a token file, or container
// credentials.
import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CURRENT_BIN, SKIP_CURRENT } from './current-python.ts';
import * as lakes from './lake.ts';
import { BUCKET, failed, ORDERS, ORDERS_KEY, PRIVATE_KEY, succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import type { Ended } from './program.ts';
import { PATH } from './program.ts';

const BOTO3 = `import boto3, sys
print(boto3.client("s3").get_object(Bucket="${BUCKET}", Key=sys.argv[1])["Body"].read().decode(), end="")`;

type Way = (lake: Lake, file: string) => Record<string, string>;

const WAYS: Readonly<Record<string, Way>> = {
  'STS and a token file': ({ url }, file) => ({
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_ARN: 'arn:aws:iam::000000000000:role/fedbridge',
    AWS_ENDPOINT_URL_STS: `${url}/-/sts`,
  }),
  'container credentials and a token file': ({ url }, file) => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/-/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  }),
};

const ERRORS: Readonly<Record<string, RegExp>> = {
  'STS and a token file': /\(ExpiredTokenException\).*AssumeRoleWithWebIdentity.*token has expired/s,
  'container credentials and a token file': /401.*ExpiredToken.*token has expired/s,
};

for (const [name, way] of Object.entries(WAYS)) {
  describe(`client settings for ${name}`, { skip: SKIP_CURRENT }, () => {
    let lake: Lake;
    let file: string;
    before(async () => {
      lake = await lakes.startLake();
      file = join(lake.directory, 'token');
    });
    after(() => lake.close());

    const run = async (token: string, program: string, ...args: readonly string[]): Promise<Ended> => {
      await writeFile(file, token);
      // The AWS CLI caches credentials from STS under HOME, for each role instead of each token.
      const HOME = await mkdtemp(join(lake.directory, 'home-'));
      return lake.run(program, args, {
        env: {
          ...way(lake, file),
          HOME,
          PATH: `${CURRENT_BIN ?? ''}:${PATH}`,
          AWS_ENDPOINT_URL_S3: lake.url,
          AWS_REGION: 'us-east-1',
          AWS_EC2_METADATA_DISABLED: 'true',
          AWS_PAGER: '',
          PYTHONDONTWRITEBYTECODE: '1',
        },
      });
    };
    const clients: Readonly<Record<string, (token: string, key: string) => Promise<Ended>>> = {
      'the AWS CLI': (token, key) => run(token, 'aws', 's3', 'cp', `s3://${BUCKET}/${key}`, '-'),
      boto3: (token, key) => run(token, 'python3', '-c', BOTO3, key),
    };

    for (const [client, read] of Object.entries(clients)) {
      it(`let ${client} read an object with the identity in the token file`, async () => {
        assert.equal(succeeded(await read(lake.tokens.reader, ORDERS_KEY)), ORDERS);
        assert.equal(succeeded(await read(lake.tokens.scoped, ORDERS_KEY)), ORDERS);
        failed(await read(lake.tokens.scoped, PRIVATE_KEY), /403|AccessDenied/);
      });

      it(`make ${client} report that the token in the file has expired`, async () => {
        failed(await read(lake.tokens.expired, ORDERS_KEY), ERRORS[name] ?? /never/);
      });
    }
  });
}
