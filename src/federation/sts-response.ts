// Reads the credentials that STS issued, and how long they live, from its answer.
import { Fault } from '../errors/fault.ts';
import type { RoleCredentials } from './credentials.ts';

/** As the SDK gives it; only what is read here. */
interface Answer {
  readonly Credentials?:
    | {
        readonly AccessKeyId: string | undefined;
        readonly SecretAccessKey: string | undefined;
        readonly SessionToken: string | undefined;
        readonly Expiration: Date | undefined;
      }
    | undefined;
  readonly AssumedRoleUser?: { readonly Arn: string | undefined } | undefined;
}

/** @returns NaN without a readable `Date` */
export function dateOf(response: unknown): number {
  const { headers } = response as { readonly headers: Readonly<Record<string, string | undefined>> };
  return Date.parse(headers['date'] ?? '');
}

/**
 * @param answeredAt by STS's clock, milliseconds since the epoch; NaN where it did not say
 * @param age milliseconds since the credentials were asked for
 * @throws Fault sts_failed where the answer holds no credentials
 */
export function readStsResponse(
  roleArn: string,
  { Credentials: credentials, AssumedRoleUser: user }: Answer,
  answeredAt: number,
  age: () => number,
): RoleCredentials {
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration,
  } = credentials ?? {};
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiration || Number.isNaN(expiration.getTime()))
    throw new Fault('sts_failed', { error: 'answer without credentials', roleArn });
  // STS's own clock on both sides: ours may be wrong.
  const lifeMs = expiration.getTime() - (Number.isNaN(answeredAt) ? Date.now() : answeredAt);
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiration,
    lifeMs,
    assumedRoleArn: user?.Arn ?? roleArn,
    remainingMs: () => lifeMs - age(),
  };
}
