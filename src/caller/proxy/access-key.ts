// The key that clients on this machine must present to the proxy, because every user and program can reach a loopback port.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CallerRequest } from '../../runtime/caller-exchange.ts';

/** Guessing 160 random bits is infeasible. */
const KEY_BYTES = 20;

/** Contains only characters that every S3 client accepts in an access key ID. */
export const createAccessKey = (): string =>
  `FEDBRIDGE${randomBytes(KEY_BYTES).toString('hex').toUpperCase()}`;

/**
 * Whether the request presents the key as `Authorization: Bearer`, or as the access key ID of an AWS signature. The signature is
 * not verified, because the secret access key is a placeholder. Presigned URLs are not accepted, because URLs are not kept secret.
 */
export function presentsKey({ headers }: Pick<CallerRequest, 'headers'>, key: string): boolean {
  const presented = keyIn(headers.authorization ?? '');
  return presented !== undefined && timingSafeEqual(digest(presented), digest(key));
}

const FORMS = [
  /^Bearer +(\S+)$/i,
  // SigV4 and SigV4a: the access key ID is the first part of the credential scope.
  /^AWS4-[A-Z\d-]+ (?:.*[ ,])?Credential=([^/,\s]+)\//,
  // SigV2.
  /^AWS ([^:\s]+):/,
];

function keyIn(authorization: string): string | undefined {
  for (const form of FORMS) {
    const key = form.exec(authorization)?.[1];
    if (key !== undefined) return key;
  }
  return undefined;
}

/** Digests have the same length, which `timingSafeEqual` requires. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
