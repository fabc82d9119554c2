// Has the AWS SDK read a profile from its files and follow it to credentials: keys, roles, programs, sign-ins.
import type { AccessKeys } from './credentials.ts';
import { assumeProfileRole } from './profile-role.ts';

export interface ProfileKeys extends AccessKeys {
  /** Milliseconds since the epoch, by our clock; absent where nobody said. */
  readonly expiresAt?: number;
}

/** The SDK's own calls, to sign-in services; it has no limit. */
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 2;

/** @throws what `ask` throws, Fault profile_…, sts_…, and the SDK's own errors */
export async function readProfile(
  name: string,
  sts: { readonly region: string; readonly endpoint?: string },
  ask: (mfaSerial: string) => Promise<string>,
): Promise<ProfileKeys> {
  // Loaded here, as a bridge on Google Cloud never needs it.
  const { fromIni } = await import('@aws-sdk/credential-provider-ini');
  const provide = fromIni({
    profile: name,
    // Else the SDK keeps the files as it first saw them.
    ignoreCache: true,
    // It asks for a code before it has its source's credentials: should these fail meanwhile, nobody would catch the error, which
    // ends a process. So it gets a stand-in, and the person is asked below, when only the code is missing.
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
        // Stated, as Node has a variable that turns the default around.
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
