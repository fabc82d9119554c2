// AWS credentials, which exist only in memory, and the function that reads them from an STS response.
import { Fault } from '../errors/fault.ts';

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The session token; absent for an IAM user's long-term keys. */
  readonly sessionToken?: string;
}

/** A role session's credentials. */
export interface RoleCredentials extends AccessKeys {
  readonly sessionToken: string;
  /** The session's ARN, as in CloudTrail and policies: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`. */
  readonly assumedRoleArn: string;
  /** The expiration time by STS's clock. */
  readonly expiration: Date;
  /** Milliseconds from the request to the expiration, by STS's clock. */
  readonly lifeMs: number;
  /** Milliseconds until the credentials expire; correct even if this machine's clock is wrong. */
  remainingMs(): number;
}

/** Returns the expiration without fractions of a second, as botocore and the SDKs expect it. */
export const expirationText = ({ expiration }: Pick<RoleCredentials, 'expiration'>): string =>
  `${expiration.toISOString().slice(0, -'.000Z'.length)}Z`;

/** The fields that `readStsResponse` reads from the SDK's output. */
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

/** @returns the `Date` header in milliseconds since the epoch; NaN if it is missing or invalid */
export function dateOf(response: unknown): number {
  const { headers } = response as { readonly headers: Readonly<Record<string, string | undefined>> };
  return Date.parse(headers['date'] ?? '');
}

/**
 * @param response.respondedAt the time of the response by STS's clock, in milliseconds since the epoch; NaN if the response had
 * no date
 * @param response.age milliseconds since the credentials were requested
 * @throws Fault sts_failed if the response contains no credentials
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
    throw new Fault('sts_failed', { error: 'response without credentials', roleArn });
  // If possible, takes both times from STS's clock, because this machine's clock may be wrong.
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
