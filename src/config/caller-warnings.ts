// Warns of callers whose e-mail is misspelled, or not a service account's.
import { closestWord } from './did-you-mean.ts';
import { isServiceAccount } from './google-names.ts';
import type { Problem } from './problem.ts';
import { type Path, quote, showPath } from './show.ts';
import type { CallerPattern } from './types.ts';

/**
 * A unique ID does not show whether it is a person's.
 * @param path of the list of callers
 */
export function findUnlikelyCallers(callers: readonly CallerPattern[], path: Path): Problem[] {
  return callers.flatMap((caller, position) => {
    if (!('email' in caller) || isServiceAccount(caller.email)) return [];
    const found = misspelling(caller.email) ?? notServiceAccount(caller.email);
    return [{ field: showPath([...path, position]), ...found }];
  });
}

const SERVICE_ACCOUNT_DOMAIN = 'gserviceaccount.com';

/** Common misspellings of .com that are not top-level domains themselves (IANA, Root Zone Database). */
const NOT_A_DOMAIN = /\.(?:con|cmo|ocm|comm|vom|xom)$/;

function misspelling(email: string): Pick<Problem, 'rule' | 'fix'> | undefined {
  const lastTwo = /[^.@]+\.[^.@]+$/.exec(email)?.[0] ?? '';
  if (closestWord(lastTwo, [SERVICE_ACCOUNT_DOMAIN]) !== undefined)
    return {
      rule: `names ${email}, which no service account has: their e-mails end with .${SERVICE_ACCOUNT_DOMAIN}`,
      fix: `Did you mean ${quote(email.slice(0, -lastTwo.length) + SERVICE_ACCOUNT_DOMAIN)}?`,
    };
  if (!NOT_A_DOMAIN.test(email)) return undefined;
  return {
    rule: `names ${email}, which matches nobody: there is no such top-level domain`,
    fix: `Did you mean ${quote(email.replace(NOT_A_DOMAIN, '.com'))}?`,
  };
}

const notServiceAccount = (email: string): Pick<Problem, 'rule' | 'fix'> => ({
  rule: `names ${email}, which is not a service account: any OAuth client obtains ID tokens of the people who sign in to it, and none for an audience of this bridge's own`,
  fix: 'Grant a service account, and let the person impersonate it. The e-mail of a Google group matches nobody.',
});
