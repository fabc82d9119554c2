// Credentials of an AWS profile, in the place of a Google identity: for a bridge on a person's own machine.
import { Fault } from '../errors/fault.ts';
import { mfaCodes } from './mfa-codes.ts';
import { profileRefusal } from './profile-refusal.ts';
import { readProfile } from './read-profile.ts';
import type { ProfileKeys } from './read-profile.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { startElapsed } from '../runtime/elapsed.ts';

export interface ProfileCredentials {
  /** Obtains the first credentials, however long a person takes to find a code. @throws Fault profile_…, sts_… */
  prepare(): Promise<void>;
  /**
   * What is valid now; renewed in time, so far as no person is needed. Waits for none: a code that comes late serves later calls.
   * @throws Fault profile_…, sts_…
   */
  credentials(): Promise<ProfileKeys>;
}

/** A chain of roles, or a program that signs in. */
const DEADLINE_MS = 10_000;

/** Renewal begins with this much left, or with this share of a shorter life. */
const LEAD_MS = 5 * 60_000;
const LEAD_SHARE = 0.2;
/** What is handed out must outlast its way to STS. */
const FLOOR_MS = 10_000;
const FLOOR_SHARE = 0.1;
/** What has no end is read again: people and tools put new keys into the files. */
const ENDLESS_RENEW_MS = 5 * 60_000;
/** A failure is the answer for so long: each caller's request would otherwise ask again. */
const FAILED_MS = 1_000;

/** @param options.askCode asks a person for a code of the device; called while the first credentials are obtained, and never again */
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

  /** One at a time: whoever comes while a program waits for a person joins it, and what it gives late is kept. */
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

  /** @param elapsedMs of the milliseconds that have passed, those that count towards the deadline */
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
    // In the background: what is held serves meanwhile, and also where that fails, as it must where a code would be needed.
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
