// Has the AWS SDK read a profile from its files and follow it to credentials: keys, roles, programs, sign-ins.
import { Fault } from '../fault.ts';
import type { AccessKeys } from './credentials.ts';
import { assumeProfileRole } from './profile-role.ts';
import { stopwatch } from './stopwatch.ts';

export interface ProfileKeys extends AccessKeys {
  /** Milliseconds since the epoch, by our clock; absent where nobody said. */
  readonly expiresAt?: number;
}

/** A chain of roles, or a program that signs in; longer only while a person looks for a code. */
const DEADLINE_MS = 10_000;
/** The SDK's own calls, to sign-in services; it has no limit. */
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 2;

/**
 * @param options.askCode called in the first reading that needs it, and in none after that
 * @returns a function that reads once. One reading is under way at a time: whoever comes while a program waits for a person joins it
 */
export function profileReader(options: {
  readonly name: string;
  readonly region: string;
  readonly stsEndpoint?: string;
  readonly askCode: (mfaSerial: string) => Promise<string>;
}): () => Promise<ProfileKeys> {
  const { ask, endRound, sinceCode } = codesOfOneRound(options.askCode);
  let reading: Promise<ProfileKeys> | undefined;
  return async () => {
    const current = (reading ??= readProfile(options, ask).finally(() => {
      reading = undefined;
      endRound();
    }));
    const waited = stopwatch();
    const { promise: late, reject } = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const look = (): void => {
      const left = DEADLINE_MS - Math.min(waited(), sinceCode());
      if (left > 0) timer = setTimeout(look, left);
      else reject(new Fault('profile_timeout', { milliseconds: DEADLINE_MS }));
    };
    look();
    try {
      return await Promise.race([current, late]);
    } finally {
      clearTimeout(timer);
      // Where the deadline came first, nobody may await the reading any more.
      current.catch(() => undefined);
    }
  };
}

interface Codes {
  /** @throws Fault profile_mfa_ended in any round after one that asked */
  ask(mfaSerial: string): Promise<string>;
  endRound(): void;
  /** Milliseconds since a code came; 0 while one is awaited, Infinity where none was. */
  sinceCode(): number;
}

function codesOfOneRound(askCode: (mfaSerial: string) => Promise<string>): Codes {
  let asked = false;
  let over = false;
  let sinceCode = (): number => Infinity;
  return {
    ask: async (mfaSerial) => {
      if (over) throw new Fault('profile_mfa_ended');
      asked = true;
      sinceCode = () => 0;
      try {
        return await askCode(mfaSerial);
      } finally {
        sinceCode = stopwatch();
      }
    },
    endRound: () => {
      over = asked;
    },
    sinceCode: () => sinceCode(),
  };
}

async function readProfile(
  { name, region, stsEndpoint }: Parameters<typeof profileReader>[0],
  ask: (mfaSerial: string) => Promise<string>,
): Promise<ProfileKeys> {
  // Loaded here, as a bridge on Google Cloud never needs it.
  const { fromIni } = await import('@aws-sdk/credential-provider-ini');
  const sts = { region, ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }) };
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
        throwOnRequestTimeout: true,
      },
    },
    parentClientConfig: { region },
  });
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provide();
  const expiresAt = expiration?.getTime() ?? Number.NaN;
  return {
    ...{ accessKeyId, secretAccessKey },
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
  };
}
