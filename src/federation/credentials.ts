// AWS credentials, in memory only, and how they are read from STS's response.
import { Fault } from '../errors/fault.ts';

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Absent for a user's long-term keys. */
  readonly sessionToken?: string;
}

/** Credentials of a role's session. */
export interface RoleCredentials extends AccessKeys {
  readonly sessionToken: string;
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, as CloudTrail and policies name it. */
  readonly assumedRoleArn: string;
  /** By STS's clock. */
  readonly expiration: Date;
  /** Milliseconds from being asked for to the expiration, by STS's clock. */
  readonly lifeMs: number;
  /** Milliseconds left. Needs no clock that is right. */
  remainingMs(): number;
}

/** The output of the SDK, as far as it is read here. */
interface StsOutput {
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
 * @param response.respondedAt by STS's clock, in milliseconds since the epoch; NaN if the response had no date
 * @param response.age milliseconds since the credentials were requested
 * @throws Fault sts_failed if there are no credentials
 */
export function readStsResponse(
  { Credentials: credentials, AssumedRoleUser: user }: StsOutput,
  response: { readonly roleArn: string; readonly respondedAt: number; readonly age: () => number },
): RoleCredentials {
  const { roleArn, respondedAt, age } = response;
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration,
  } = credentials ?? {};
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiration || Number.isNaN(expiration.getTime()))
    throw new Fault('sts_failed', { error: 'answer without credentials', roleArn });
  // STS's own clock on both sides: ours may be wrong.
  const lifeMs = expiration.getTime() - (Number.isNaN(respondedAt) ? Date.now() : respondedAt);
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
