// Warns about callers with an email that is misspelled or does not belong to a service account, and about wildcards.
import { closestWord } from './did-you-mean.ts';
import { isServiceAccount } from './google-names.ts';
import type { Problem } from './problem.ts';
import { type Path, quote, showPath } from './show.ts';
import type { CallerPattern } from './types.ts';

/**
 * Finds callers that are probably mistakes. Does not check unique IDs, because an ID does not show whether it belongs to a
 * person.
 * @param path the path of the list of callers
 */
export function findUnlikelyCallers(callers: readonly CallerPattern[], path: Path): Problem[] {
  return callers.flatMap((caller, position) => {
    if (caller.kind === 'issued' && caller.subject.includes('*'))
      return [{ field: showPath([...path, position]), ...WILDCARD }];
    if (caller.kind === 'user' || !('email' in caller) || isServiceAccount(caller.email)) return [];
    const found = misspelling(caller.email) ?? notServiceAccount(caller.email);
    return [{ field: showPath([...path, position]), ...found }];
  });
}

const WILDCARD = {
  rule: 'contains "*", which is not a wildcard: it matches only a literal *',
  fix: 'The bridge compares subjects exactly, so write each subject in full.',
};

const SERVICE_ACCOUNT_DOMAIN = 'gserviceaccount.com';

/** Common misspellings of .com that are not top-level domains themselves (IANA, Root Zone Database). */
const NOT_A_DOMAIN = /\.(?:con|cmo|ocm|comm|vom|xom)$/;

function misspelling(email: string): Pick<Problem, 'rule' | 'fix'> | undefined {
  const lastTwo = /[^.@]+\.[^.@]+$/.exec(email)?.[0] ?? '';
  if (closestWord(lastTwo, [SERVICE_ACCOUNT_DOMAIN]) !== undefined)
    return {
      rule: `names ${email}, which is not a service account: service accounts have emails that end with .${SERVICE_ACCOUNT_DOMAIN}`,
      fix: `Did you mean ${quote(email.slice(0, -lastTwo.length) + SERVICE_ACCOUNT_DOMAIN)}?`,
    };
  if (!NOT_A_DOMAIN.test(email)) return undefined;
  return {
    rule: `names ${email}, which never matches, because its top-level domain does not exist`,
    fix: `Did you mean ${quote(email.replace(NOT_A_DOMAIN, '.com'))}?`,
  };
}

const notServiceAccount = (email: string): Pick<Problem, 'rule' | 'fix'> => ({
  rule: `names ${email}, which is not a service account: a person's ID tokens are issued for OAuth clients, never for an audience that only this bridge uses`,
  fix: 'Grant access to a service account and let the person impersonate it. A Google group never matches.',
});
