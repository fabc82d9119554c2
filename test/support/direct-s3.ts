// Sends requests directly to the sandbox's S3, signed with AWS's own signer.
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../src/sandbox/sha256.ts';
import { request } from './http-request.ts';
import type { Reply } from './http-request.ts';
import { sessionsAtSts } from './sessions-at-sts.ts';
import type { CallerName, Wire } from './wire.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** @param path the escaped path and query, which are sent unchanged */
export type Direct = (
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<Reply>;

export function directS3({ sandbox: { contract } }: Wire, credentials: Keys): Direct {
  const { s3, region } = contract;
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  return async (method, path, headers = {}) => {
    const [bare = '', search = ''] = path.split(/\?(.*)/s);
    const { headers: signed } = await signer.sign({
      method,
      protocol: 'http:',
      hostname: new URL(s3).host,
      path: bare,
      query: parametersOf(search),
      headers: { ...headers, host: new URL(s3).host, 'x-amz-content-sha256': SHA256_OF_NOTHING },
    });
    return request(s3, path, { method, headers: signed });
  };
}

const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function parametersOf(search: string): Record<string, string> {
  const pairs = search.split('&').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair
        .split(/=(.*)/s)
        .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      return [name, value];
    }),
  );
}

/** Requests a session from STS with the same role, identity token and session policy that the bridge uses for this caller. */
export async function sameSession(wire: Wire, caller: CallerName): Promise<Keys> {
  const { contract } = wire.sandbox;
  await wire.get('/acme-lake?list-type=2&max-keys=0', { as: caller });
  const policy = (await sessionsAtSts(wire)).at(-1)?.policy;
  const audience = encodeURIComponent(contract.awsAudience);
  const path = `/computeMetadata/v1/instance/service-accounts/default/identity?audience=${audience}&format=full`;
  const token = await request(contract.metadata, path, { headers: { 'Metadata-Flavor': 'Google' } });
  const sts = new STSClient({ endpoint: contract.sts, region: contract.region, credentials: contract.owner });
  const { Credentials: issued } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: contract.role,
      RoleSessionName: 'direct',
      WebIdentityToken: token.text,
      Policy: policy,
    }),
  );
  sts.destroy();
  return {
    accessKeyId: issued?.AccessKeyId ?? '',
    secretAccessKey: issued?.SecretAccessKey ?? '',
    sessionToken: issued?.SessionToken ?? '',
  };
}
