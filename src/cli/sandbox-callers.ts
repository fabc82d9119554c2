// Chooses the service accounts and people that exist in the sandbox for a configuration: those that the configuration names,
// and strangers, who have no grants.
import { createHash } from 'node:crypto';
import type { CallerPattern, Config } from '../config/types.ts';
import { ACCOUNTS, PROJECT, type ServiceAccount } from '../sandbox/google/accounts.ts';
import { STRANGE_PERSON, type Seed } from '../sandbox/seed.ts';

type TokenPattern = Exclude<CallerPattern, { kind: 'user' }>;
type GooglePattern = Exclude<TokenPattern, { kind: 'issued' }>;

/** Whether the caller has a token. People have no tokens, because they use the console. */
export const hasToken = (pattern: CallerPattern): pattern is TokenPattern => pattern.kind !== 'user';

/** Whether the caller has a Google service account. */
export const isGoogle = (pattern: CallerPattern): pattern is GooglePattern =>
  hasToken(pattern) && pattern.kind !== 'issued';

/** Returns the people in the configuration, and one person who is not in it. */
export function peopleIn({ grants, operators }: Config): Seed['people'] {
  const callers = [...grants.flatMap((grant) => grant.callers), ...operators];
  const emails = callers.flatMap((caller) => (caller.kind === 'user' ? [caller.email] : []));
  return new Map([...emails.map((email) => [email, email] as const), ['stranger', STRANGE_PERSON]]);
}

/** Returns an account that the pattern matches. A pattern gets the same account in every sandbox. */
export function accountOf(pattern: GooglePattern): ServiceAccount {
  switch (pattern.kind) {
    case 'email-and-id':
      return { email: pattern.email, uniqueId: pattern.uniqueId };
    case 'id':
      return (
        knownAccount(pattern.uniqueId) ?? {
          email: `caller-${pattern.uniqueId}@${PROJECT.id}.iam.gserviceaccount.com`,
          uniqueId: pattern.uniqueId,
        }
      );
    case 'project':
      return withId(`reader@${pattern.project}.iam.gserviceaccount.com`);
    case 'email':
      return withId(pattern.email);
  }
}

const knownAccount = (name: string): ServiceAccount | undefined =>
  Object.values(ACCOUNTS).find(({ email, uniqueId }) => email === name || uniqueId === name);

const withId = (email: string): ServiceAccount =>
  knownAccount(email) ?? { email, uniqueId: inventedId(email) };

/** Invents a unique ID for an email. The ID has 21 digits, like Google's IDs, and is the same in every sandbox. */
function inventedId(email: string): string {
  const digest = createHash('sha256').update(email).digest();
  return `1${String(digest.readBigUInt64BE() % 10n ** 20n).padStart(20, '0')}`;
}

/**
 * Returns an account that no pattern matches: the sandbox's `stranger`, or a different account if a grant names the stranger or
 * the sandbox's project.
 */
export function strangerTo(patterns: readonly GooglePattern[]): ServiceAccount {
  const projects = patterns.flatMap((pattern) => (pattern.kind === 'project' ? [pattern.project] : []));
  const emails = patterns.map((pattern) => accountOf(pattern).email);
  const free = !projects.includes(PROJECT.id) && !emails.includes(ACCOUNTS.stranger.email);
  return free ? ACCOUNTS.stranger : withId('stranger@not-granted.iam.gserviceaccount.com');
}
