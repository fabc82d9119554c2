// Finds an AWS CLI and a boto3 that read AWS_ENDPOINT_URL_STS and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE. Debian's are older, so
// these tests are skipped unless newer ones are on the PATH, for example in a virtual environment.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const IS_CURRENT =
  'import boto3, botocore; assert tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 34)';

/** The directory of such a `python3` and `aws`; undefined if there is none. */
export const CURRENT_BIN: string | undefined = (process.env['PATH'] ?? '')
  .split(':')
  .find(
    (directory) =>
      existsSync(join(directory, 'aws')) &&
      existsSync(join(directory, 'python3')) &&
      spawnSync(join(directory, 'python3'), ['-c', IS_CURRENT], { timeout: 20_000 }).status === 0,
  );

export const SKIP_CURRENT: string | false =
  CURRENT_BIN === undefined && 'skipped, because no current AWS CLI and boto3 are on the PATH';
