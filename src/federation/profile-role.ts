// Assumes an AWS profile's role with its source profile's credentials, and with an MFA code if the profile names a device.
import { Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import type { AccessKeys } from './credentials.ts';
import { createStsClient } from './sts-client.ts';
import type { StsEndpoint } from './sts-client.ts';
import { stsRefusal } from './sts-refusal.ts';

/** The profile's settings, with the names of the corresponding STS parameters. */
export interface ProfileRole {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly ExternalId?: string;
  readonly DurationSeconds?: number;
  readonly SerialNumber?: string;
  readonly TokenCode?: string;
}

export interface ProfileSession extends AccessKeys {
  /** The expiration time by this machine's clock, which may differ from STS's clock. */
  readonly expiration: Date;
}

/** The maximum number of attempts for a call without an MFA code. */
const ATTEMPTS = 2;
/** The number of attempts with an MFA code. STS accepts a code only once, so it would deny a retry after a lost response. */
const ATTEMPTS_WITH_CODE = 1;

/**
 * The text that STS's message contains if an MFA code is wrong. The error code is not enough, because AccessDenied has several
 * causes.
 */
const MFA_REFUSED = 'MultiFactorAuthentication failed';

/** STS faults that need a different fix if the bridge uses an AWS profile. */
const PROFILE_FAULTS: Partial<Record<FaultCode, FaultCode>> = {
  sts_denied: 'profile_denied',
  sts_token_expired: 'profile_credentials_rejected',
  sts_credentials_rejected: 'profile_credentials_rejected',
};

/** @throws Fault profile_denied, profile_credentials_rejected, profile_mfa_refused, sts_… */
export async function assumeProfileRole(
  role: ProfileRole,
  source: AccessKeys,
  sts: StsEndpoint,
): Promise<ProfileSession> {
  const client = createStsClient({
    ...sts,
    attempts: role.TokenCode === undefined ? ATTEMPTS : ATTEMPTS_WITH_CODE,
  });
  try {
    const issued = await client.withCredentials(source).assumeRole({ ...role });
    const { accessKeyId, secretAccessKey, sessionToken, lifeMs } = issued;
    return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(Date.now() + lifeMs) };
  } catch (error) {
    const { code, detail } = stsRefusal(error, { roleArn: role.RoleArn });
    const wrongCode =
      code === 'sts_denied' && error instanceof Error && error.message.startsWith(MFA_REFUSED);
    throw new Fault(wrongCode ? 'profile_mfa_refused' : (PROFILE_FAULTS[code] ?? code), detail);
  } finally {
    client.close();
  }
}
