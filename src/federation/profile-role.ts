// Assumes the role of an AWS profile by its source's credentials, with an MFA code where the profile names a device.
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { awsDomain } from '../config/aws-names.ts';
import { Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import type { AccessKeys } from './credentials.ts';
import { dateOf, readStsResponse } from './sts-response.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import { stsRefusal } from './sts-refusal.ts';

/** What the profile says, under STS's own names. */
export interface ProfileRole {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly ExternalId?: string;
  readonly DurationSeconds?: number;
  readonly SerialNumber?: string;
  readonly TokenCode?: string;
}

export interface ProfileSession extends AccessKeys {
  /** By our clock, whatever STS's says. */
  readonly expiration: Date;
}

/** STS answers in 50 to 200 ms. */
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 2;
/** A code opens one session, of which the answer may be lost: with the same code another call is refused. */
const ATTEMPTS_WITH_CODE = 1;

/** STS says AccessDenied of a wrong code too, and tells it from other reasons by these words alone. */
const MFA_REFUSED = 'MultiFactorAuthentication failed';

/** Faults of STS that have another remedy where a profile leads to them. */
const OF_PROFILE: Partial<Record<FaultCode, FaultCode>> = {
  sts_denied: 'profile_denied',
  sts_token_expired: 'profile_credentials_rejected',
  sts_credentials_rejected: 'profile_credentials_rejected',
};

/** @throws Fault profile_denied, profile_credentials_rejected, profile_mfa_refused, sts_… */
export async function assumeProfileRole(
  role: ProfileRole,
  source: AccessKeys,
  sts: { readonly region: string; readonly endpoint?: string },
): Promise<ProfileSession> {
  const { region, endpoint = `https://sts.${region}.${awsDomain(region)}` } = sts;
  const client = new STSClient({
    // Said, as the SDK would otherwise look for them in the environment and in profiles.
    region,
    endpoint,
    credentials: source,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    retryMode: 'standard',
    maxAttempts: role.TokenCode === undefined ? ATTEMPTS : ATTEMPTS_WITH_CODE,
    requestHandler: {
      connectionTimeout: ATTEMPT_MS,
      requestTimeout: ATTEMPT_MS,
      // Stated, as Node has a variable that turns the default around.
      httpsAgent: { rejectUnauthorized: true },
      throwOnRequestTimeout: true,
    },
  });
  let answeredAt = Number.NaN;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      answeredAt = dateOf(result.response);
      return result;
    },
    { step: 'deserialize' },
  );
  try {
    const answer = await client.send(new AssumeRoleCommand(role));
    const { accessKeyId, secretAccessKey, sessionToken, lifeMs } = readStsResponse(
      role.RoleArn,
      answer,
      answeredAt,
      startElapsed(),
    );
    return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(Date.now() + lifeMs) };
  } catch (error) {
    const { code, detail } = stsRefusal(error, { roleArn: role.RoleArn });
    const wrongCode =
      code === 'sts_denied' && error instanceof Error && error.message.startsWith(MFA_REFUSED);
    throw new Fault(wrongCode ? 'profile_mfa_refused' : (OF_PROFILE[code] ?? code), detail);
  } finally {
    client.destroy();
  }
}
