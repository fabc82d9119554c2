// Checks issuers against each other and against the rest of the document, and checks callers of these issuers in grants. Works
// on raw values, like cross-checks.ts.
import { readCallerPattern } from './caller-pattern.ts';
import { closestWord } from './did-you-mean.ts';
import { GOOGLE_ISSUERS } from './google-names.ts';
import type { Finding } from './problem.ts';
import { type Path, quote, showPath } from './show.ts';
import { fieldOf, itemsOf, textsOf } from './unchecked-values.ts';

/** The format of a Kubernetes subject in a grant, NAMESPACE/SERVICEACCOUNT (Kubernetes, "Object Names and IDs"). */
const SERVICE_ACCOUNT = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Finds every problem with issuers, or with callers of issuers, that involves more than one field. */
export function checkIssuers(raw: unknown): Finding[] {
  const issuers = itemsOf(fieldOf(raw, 'issuers'));
  const kinds = new Map(issuers.map((issuer) => [fieldOf(issuer, 'name'), fieldOf(issuer, 'kind')]));
  const stsAudience = fieldOf(fieldOf(raw, 'aws'), 'audience') ?? 'fedbridge';
  return [
    ...issuers.flatMap((issuer, position) => [
      ...checkUnique(issuers, 'name', position),
      ...checkUnique(issuers, 'url', position),
      ...checkUrl(issuer, position),
      ...checkAudience(issuer, position, stsAudience),
    ]),
    ...itemsOf(fieldOf(raw, 'grants')).flatMap((grant, position) =>
      checkCallers(fieldOf(grant, 'callers'), ['grants', position, 'callers'], kinds),
    ),
    ...itemsOf(fieldOf(raw, 'budgets')).flatMap((budget, position) =>
      checkCallers(fieldOf(budget, 'callers'), ['budgets', position, 'callers'], kinds),
    ),
    ...checkCallers(fieldOf(raw, 'operators'), ['operators'], kinds),
  ];
}

/**
 * Reports issuers that share a name or a URL. Callers of two issuers with the same name could have the same identity, and the
 * tokens of two issuers with the same URL could not be told apart.
 */
function checkUnique(issuers: readonly unknown[], field: 'name' | 'url', position: number): Finding[] {
  const value = fieldOf(issuers[position], field);
  const first = issuers.findIndex((issuer) => fieldOf(issuer, field) === value);
  if (typeof value !== 'string' || first === position) return [];
  return [
    {
      path: ['issuers', position, field],
      rule: `must differ from ${showPath(['issuers', first, field])}, which is also ${quote(value)}`,
      fix: field === 'name' ? 'Choose another name.' : 'Merge the two issuers: `audience` may be a list.',
    },
  ];
}

function checkUrl(issuer: unknown, position: number): Finding[] {
  const url = fieldOf(issuer, 'url');
  if (typeof url !== 'string' || !GOOGLE_ISSUERS.includes(url.replace(/\/+$/, ''))) return [];
  return [
    {
      path: ['issuers', position, 'url'],
      rule: "must not be Google's issuer, whose tokens the bridge always accepts",
      fix: 'Remove this issuer, and name its callers by email or unique ID.',
    },
  ];
}

function checkAudience(issuer: unknown, position: number, stsAudience: unknown): Finding[] {
  const own = fieldOf(issuer, 'url');
  return textsOf(fieldOf(issuer, 'audience')).flatMap((audience) => {
    const why =
      audience === stsAudience
        ? `must differ from aws.audience, which is also ${quote(audience)}`
        : audience === own || /^https:\/\/kubernetes\.default\.svc(?:$|[./:])/.test(audience)
          ? `must be for this bridge only, but ${quote(audience)} is the default audience of the issuer's tokens, which other programs receive as well`
          : undefined;
    if (why === undefined) return [];
    return [
      {
        path: ['issuers', position, 'audience'],
        rule: why,
        fix: 'Use the URL of this bridge, and request tokens for that audience.',
      },
    ];
  });
}

function checkCallers(callers: unknown, path: Path, kinds: ReadonlyMap<unknown, unknown>): Finding[] {
  return itemsOf(callers).flatMap((caller, position) => {
    const pattern = typeof caller === 'string' ? readCallerPattern(caller) : undefined;
    if (pattern?.kind !== 'issued') return [];
    const found = issuedProblem(pattern, kinds);
    return found === undefined ? [] : [{ path: [...path, position], ...found }];
  });
}

/**
 * Returns what is wrong with a caller of an issuer; undefined if nothing is wrong.
 * @param kinds the kind of each issuer, by name
 */
export function issuedProblem(
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
  kinds: ReadonlyMap<unknown, unknown>,
): Pick<Finding, 'rule' | 'fix'> | undefined {
  const text = quote(`${issuer}:${subject}`);
  if (!kinds.has(issuer)) {
    const names = [...kinds.keys()].filter((name) => typeof name === 'string');
    const meant = closestWord(issuer, [...names, 'project']);
    return {
      rule: `must be an email, a unique ID, or begin with project: or the name of an issuer listed under \`issuers\`, not ${text}`,
      fix: meant === undefined ? '' : `Did you mean ${quote(`${meant}:${subject}`)}?`,
    };
  }
  if (kinds.get(issuer) !== 'kubernetes' || SERVICE_ACCOUNT.test(subject)) return undefined;
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? [];
  return {
    rule: `must be ${issuer}:NAMESPACE/SERVICEACCOUNT, because ${issuer} is a Kubernetes issuer, not ${text}`,
    fix:
      name === undefined ? 'Name one service account.' : `Write ${quote(`${issuer}:${namespace}/${name}`)}.`,
  };
}
