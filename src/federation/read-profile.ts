// Lets the AWS SDK read a profile and resolve its credentials, which come from keys, a role, a program or a sign-in.
import type { AccessKeys } from './credentials.ts';
import { assumeProfileRole } from './profile-role.ts';

export interface ProfileKeys extends AccessKeys {
  /** Milliseconds since the epoch, by this machine's clock; absent if unknown. */
  readonly expiresAt?: number;
}

/** The timeout and number of attempts for the SDK's calls to sign-in services, which have no timeout by default. */
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 2;

/** @throws what `ask` throws, Fault profile_…, sts_…, and the SDK's own errors */
export async function readProfile(
  name: string,
  sts: { readonly region: string; readonly endpoint?: string },
  ask: (mfaSerial: string) => Promise<string>,
): Promise<ProfileKeys> {
  // This library is loaded on demand, because a bridge on Google Cloud never needs it.
  const { fromIni } = await import('@aws-sdk/credential-provider-ini');
  const provide = fromIni({
    profile: name,
    // Without this setting, the SDK caches the profile files forever.
    ignoreCache: true,
    // The SDK requests an MFA code while it is still obtaining the source's credentials. If it fails to obtain these credentials
    // during the prompt, the unhandled rejection ends the process. The SDK therefore gets a placeholder, and `roleAssumer`
    // prompts for the code once the credentials are available.
    mfaCodeProvider: () => Promise.resolve('000000'),
    roleAssumer: async (source, role) => {
      const { SerialNumber } = role;
      const code = SerialNumber === undefined ? {} : { TokenCode: await ask(SerialNumber) };
      return assumeProfileRole({ ...role, ...code }, source, sts);
    },
    clientConfig: {
      maxAttempts: ATTEMPTS,
      requestHandler: {
        connectionTimeout: ATTEMPT_MS,
        requestTimeout: ATTEMPT_MS,
        // This option is set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED can change the default.
        httpsAgent: { rejectUnauthorized: true },
        throwOnRequestTimeout: true,
      },
    },
    parentClientConfig: { region: sts.region },
  });
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provide();
  const expiresAt = expiration?.getTime() ?? Number.NaN;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
  };
}
