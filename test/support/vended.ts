// Obtains AWS credentials from a bridge (`vend` in a grant), and calls the sandbox's S3 directly with them.
import assert from 'node:assert/strict';
import { configured, emailOf } from './configuration.ts';
import { directS3 } from './direct-s3.ts';
import type { Direct } from './direct-s3.ts';
import type { Reply } from './http-request.ts';
import type { CallerName, Wire } from './wire.ts';

export const VEND_PATH = '/-/credentials?bucket=acme-lake&mode=aws';

/**
 * In this configuration, `reader` may vend below raw/public/ and read the whole bucket through the bridge. `scoped` may only read
 * through the bridge.
 */
export const VENDING = configured({
  grants: [
    `callers: [${emailOf('reader')}], allow: [get, list, vend], bucket: acme-lake, prefix: raw/public/`,
    `callers: [${emailOf('reader')}], allow: [get, list, versions, tags], bucket: acme-lake`,
    `callers: [${emailOf('scoped')}], allow: [get, list], bucket: acme-lake`,
  ],
});

export interface ContainerCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}

export function credentialsIn(reply: Reply): ContainerCredentials {
  assert.equal(reply.status, 200, reply.text);
  return JSON.parse(reply.text) as ContainerCredentials;
}

export function directWith(wire: Wire, issued: ContainerCredentials): Direct {
  return directS3(wire, {
    accessKeyId: issued.AccessKeyId,
    secretAccessKey: issued.SecretAccessKey,
    sessionToken: issued.Token,
  });
}

export async function vendedTo(wire: Wire, as: CallerName): Promise<Direct> {
  return directWith(wire, credentialsIn(await wire.get(VEND_PATH, { as })));
}
