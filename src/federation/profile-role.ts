// Assumes the role of an AWS profile by its source's credentials, with an MFA code where the profile names a device.
import { Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import type { AccessKeys } from './credentials.ts';
import { createStsClient } from './sts-client.ts';
import type { StsEndpoint } from './sts-client.ts';
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

/** Of a call without an MFA code. */
const ATTEMPTS = 2;
/** A code opens one session, of which the answer may be lost: with the same code another call is refused. */
const ATTEMPTS_WITH_CODE = 1;

/** STS says AccessDenied of a wrong code too, and tells it from other reasons by these words alone. */
const MFA_REFUSED = 'MultiFactorAuthentication failed';

/** Faults of STS that have another fix where a profile leads to them. */
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
