// Maps errors from the AWS SDK's profile reader to faults. Matches messages, because all of these errors have the same class and
// no code.
import { Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';

/**
 * For each of the SDK's messages, the shortest text that identifies it (packages credential-provider-ini, -process, -sso,
 * -login and token-providers). The full message must not be logged, because it may contain a command line and its output.
 */
const WORDS: readonly (readonly [words: RegExp, code: FaultCode])[] = [
  [/^Detected a cycle/, 'profile_cycle'],
  [/^Could not resolve credentials using profile/, 'profile_unresolved'],
  [/^Unsupported credential source/, 'profile_unresolved'],
  [/^Profile is configured with invalid SSO credentials/, 'profile_unresolved'],
  [/credential_process returned expired credentials/, 'profile_credentials_rejected'],
  [/^Command failed: |credential_process (?:returned|did not return)/, 'profile_process_failed'],
  [/\baws sso login\b|^UnauthorizedException/, 'profile_login_expired'],
  [/^Failed to load token from/, 'profile_login_expired'],
];

/** @param name the requested profile; the error may come from a different profile, to which this profile refers */
export function profileRefusal(error: unknown, name: string): Fault {
  if (error instanceof Fault) return new Fault(error.code, { profile: name, ...error.detail });
  const message = error instanceof Error ? error.message : '';
  const code = WORDS.find(([words]) => words.test(message))?.[1] ?? 'profile_failed';
  const [, at = name] =
    /^Could not resolve credentials using profile: \[([\w.@+-]{1,64})\]/.exec(message) ?? [];
  return new Fault(code, {
    profile: at,
    error: error instanceof Error ? error.name : typeof error,
  });
}
