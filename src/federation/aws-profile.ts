// Provides an AWS profile's credentials, which replace a Google identity if the bridge runs on a developer's machine.
import { Fault } from '../errors/fault.ts';
import { profileRefusal } from './profile-refusal.ts';
import { readProfile } from './read-profile.ts';
import type { ProfileKeys } from './read-profile.ts';
import { startElapsed, withDeadline } from '../runtime/elapsed.ts';

export interface ProfileCredentials {
  /**
   * Obtains the first credentials, and waits without a limit while a person enters an MFA code. @throws Fault profile_…, sts_…
   */
  prepare(): Promise<void>;
  /**
   * Returns valid credentials, and renews them in time if renewal needs no input from a person. If a person takes too long to
   * enter an MFA code, the call times out, but later calls use the credentials that the code provides.
   * @throws Fault profile_…, sts_…
   */
  credentials(): Promise<ProfileKeys>;
}

/**
 * The deadline for obtaining credentials. The deadline is long enough to assume a chain of roles, or to run a program that signs
 * in.
 */
const DEADLINE_MS = 10_000;

/** How early renewal begins before the credentials expire: LEAD_MS, or LEAD_SHARE of their lifetime, whichever is less. */
const LEAD_MS = 5 * 60_000;
const LEAD_SHARE = 0.2;
/**
 * The minimum remaining lifetime. Credentials with less time left are not used, because they must not expire before they reach
 * STS.
 */
const FLOOR_MS = 10_000;
const FLOOR_SHARE = 0.1;
/** How often long-term credentials are reread, because people and tools may change the files. */
const ENDLESS_RENEW_MS = 5 * 60_000;
/** How long a failure is cached. Without this cache, every request would read the profile again. */
const FAILED_MS = 1_000;

/** @param options.askCode prompts a person for an MFA code; called only while the bridge obtains its first credentials */
export function awsProfile(options: {
  readonly name: string;
  readonly region: string;
  readonly stsEndpoint?: string;
  readonly askCode: (mfaSerial: string) => Promise<string>;
}): ProfileCredentials {
  const { name, region, stsEndpoint } = options;
  const sts = { region, ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }) };
  const codes = mfaCodes(options.askCode);
  let held: Held | undefined;
  let failed: { readonly fault: Fault; readonly since: () => number } | undefined;
  let reading: Promise<ProfileKeys> | undefined;

  /**
   * Renews the credentials. Only one renewal runs at a time, and concurrent calls share it. A renewal that outlasts the deadline
   * continues, and later calls use its credentials.
   */
  const renew = (): Promise<ProfileKeys> => {
    if (failed !== undefined && failed.since() < FAILED_MS) return Promise.reject(failed.fault);
    reading ??= readProfile(name, sts, codes.ask)
      .then(
        (keys) => {
          held = heldKeys(keys);
          failed = undefined;
          return keys;
        },
        (error: unknown) => {
          const fault = profileRefusal(error, name);
          failed = { fault, since: startElapsed() };
          throw fault;
        },
      )
      .finally(() => {
        reading = undefined;
        codes.endRound();
      });
    return reading;
  };

  /**
   * Returns valid credentials; waits for them until the deadline if there are none.
   * @param elapsedMs returns how many of the elapsed milliseconds count toward the deadline
   */
  const current = (elapsedMs: (passed: number) => number): Promise<ProfileKeys> => {
    if (held === undefined || held.age() >= held.usableMs)
      return withDeadline(renew(), {
        ms: DEADLINE_MS,
        elapsedMs,
        onTimeout: () => {
          const code = codes.sinceCode() === 0 ? 'profile_mfa_awaited' : 'profile_timeout';
          return new Fault(code, { profile: name, timeoutMilliseconds: DEADLINE_MS });
        },
      });
    // Renews in the background. The current credentials stay in use even if the renewal fails, as it always does if it needs an
    // MFA code.
    if (held.age() >= held.renewMs) renew().catch(() => undefined);
    return Promise.resolve(held.keys);
  };

  return {
    prepare: async () => {
      await current((passed) => Math.min(passed, codes.sinceCode()));
    },
    credentials: () => current((passed) => passed),
  };
}

interface Held {
  readonly keys: ProfileKeys;
  readonly age: () => number;
  readonly renewMs: number;
  readonly usableMs: number;
}

function heldKeys(keys: ProfileKeys): Held {
  const age = startElapsed();
  if (keys.expiresAt === undefined) return { keys, age, renewMs: ENDLESS_RENEW_MS, usableMs: Infinity };
  const life = keys.expiresAt - Date.now();
  return {
    keys,
    age,
    renewMs: life - Math.min(LEAD_MS, life * LEAD_SHARE),
    usableMs: life - Math.min(FLOOR_MS, life * FLOOR_SHARE),
  };
}

interface MfaCodes {
  /**
   * Prompts for a code.
   * @throws Fault profile_mfa_expired if an earlier renewal already prompted for a code, and everything that `askCode` throws
   */
  ask(mfaSerial: string): Promise<string>;
  endRound(): void;
  /** Milliseconds since a person entered a code; 0 during the prompt, Infinity if there was no prompt. */
  sinceCode(): number;
}

/** Allows prompts only while the bridge obtains its first credentials. */
function mfaCodes(askCode: (mfaSerial: string) => Promise<string>): MfaCodes {
  let hasPrompted = false;
  let over = false;
  let sinceCode = (): number => Infinity;
  return {
    ask: async (mfaSerial) => {
      if (over) throw new Fault('profile_mfa_expired');
      hasPrompted = true;
      sinceCode = () => 0;
      try {
        return await askCode(mfaSerial);
      } finally {
        sinceCode = startElapsed();
      }
    },
    endRound: () => {
      over = hasPrompted;
    },
    sinceCode: () => sinceCode(),
  };
}
