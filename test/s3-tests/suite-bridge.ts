// Creates everything that ceph/s3-tests needs: its accounts in Ceph, its configuration file, and a bridge with a role
// for its buckets.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { ACCOUNTS } from '../../src/sandbox/google/accounts.ts';
import type { KeyPair } from '../../src/sandbox/iam/credentials.ts';
import { ACCOUNT_ID, AWS_AUDIENCE } from '../../src/sandbox/iam/roles.ts';
import type { CephStage } from '../ceph/ceph-stage.ts';
import { createRole } from '../ceph/lake-owner.ts';
import { startBridge } from '../support/bridge-process.ts';
import type { BridgeProcess } from '../support/bridge-process.ts';

interface SuiteAccount extends KeyPair {
  readonly userId: string;
  readonly displayName: string;
}

export type SuiteAccounts = Readonly<Record<'main' | 'alt' | 'tenant' | 'iam', SuiteAccount>>;

/** The suite numbers its buckets: `s3tests-1` and so on. */
const PREFIX = 's3tests-';
/** The number of buckets in the bridge's configuration, which is more than the suite creates. */
const BUCKETS = 3000;
const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/s3-tests-read`;

/** The account `main` owns the buckets, and is in the same tenant as the bridge's role. */
export async function suiteAccounts({ ceph, lakeOwner }: CephStage): Promise<SuiteAccounts> {
  const create = async (name: string, tenant: string): Promise<SuiteAccount> => {
    const accessKeyId = `SUITE${randomBytes(8).toString('hex').toUpperCase()}`;
    const secretAccessKey = randomBytes(20).toString('hex');
    const of = ['--tenant', tenant, '--uid', name, '--display-name', name, '--email', `${name}@example.com`];
    await ceph.admin('user', 'create', ...of, '--access-key', accessKeyId, '--secret', secretAccessKey);
    return { accessKeyId, secretAccessKey, userId: `${tenant}$${name}`, displayName: name };
  };
  const { accessKeyId, secretAccessKey } = lakeOwner;
  const owner = {
    accessKeyId,
    secretAccessKey,
    userId: `${ACCOUNT_ID}$lake-owner`,
    displayName: 'lake-owner',
  };
  return {
    main: owner,
    alt: await create('s3-tests-alt', ACCOUNT_ID),
    tenant: await create('s3-tests-tenant', 'another'),
    iam: await create('s3-tests-iam', ACCOUNT_ID),
  };
}

/** @returns the suite's configuration file, in the format of its `s3tests.conf.SAMPLE` */
export function suiteConfiguration(origin: string, accounts: SuiteAccounts): string {
  const { hostname, port } = new URL(origin);
  const section = (
    heading: string,
    { userId, displayName, accessKeyId, secretAccessKey }: SuiteAccount,
  ): string =>
    `[${heading}]\nuser_id = ${userId}\ndisplay_name = ${displayName}\nemail = ${displayName}@example.com\n` +
    `access_key = ${accessKeyId}\nsecret_key = ${secretAccessKey}\n`;
  return [
    `[DEFAULT]\nhost = ${hostname}\nport = ${port}\nis_secure = False\nssl_verify = False\n`,
    `[fixtures]\nbucket prefix = ${PREFIX}\niam name prefix = s3-tests-\niam path prefix = /s3-tests/\n`,
    `${section('s3 main', accounts.main)}api_name = default\n`,
    section('s3 alt', accounts.alt),
    section('s3 tenant', accounts.tenant),
    section('iam', accounts.iam),
    section('iam root', accounts.iam),
    section('iam alt root', accounts.iam),
  ].join('\n');
}

/** @param file the file for the bridge's configuration, which is too long for an environment variable */
export async function startSuiteBridge(stage: CephStage, file: string): Promise<BridgeProcess> {
  const permissions = {
    Effect: 'Allow',
    Action: ['s3:GetObject*', 's3:ListBucket*'],
    Resource: [`arn:aws:s3:::${PREFIX}*`],
  };
  const trusted = { subject: ACCOUNTS.bridge.uniqueId, audience: AWS_AUDIENCE };
  await createRole(stage.lakeOwner, { arn: ROLE, ...trusted, permissions });
  const names = Array.from({ length: BUCKETS }, (_, i) => `${PREFIX}${i + 1}`);
  const { audience, awsAudience, callers } = stage.sandbox.contract;
  const lines = [
    `audience: ${audience}`,
    `aws: { region: ${stage.region}, audience: ${awsAudience} }`,
    `roles: { suite: { arn: "${ROLE}" } }`,
    'buckets:',
    ...names.map((name) => `  ${name}: { role: suite }`),
    'grants:',
    ...names.map(
      (name) => `  - { callers: [${callers.reader}], allow: [get, list, versions, tags], bucket: ${name} }`,
    ),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return startBridge({
    ...stage.sandbox.environment,
    AWS_ENDPOINT_URL_S3: stage.ceph.endpoint,
    AWS_ENDPOINT_URL_STS: stage.ceph.endpoint,
    FEDBRIDGE_CONFIG: file,
  });
}
