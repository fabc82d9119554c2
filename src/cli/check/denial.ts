// Explains to the operator why no grant allows the read, which grants are closest, and how to allow the read.
import { explain } from '../../auth/explain-decision.ts';
import type { Denial } from '../../auth/explain-decision.ts';
import { grantIndex } from '../../auth/grants.ts';
import type { CallerPattern, Config, Grant } from '../../config/types.ts';
import { didYouMean } from '../../config/did-you-mean.ts';
import { isComputeDefault } from '../../config/google-names.ts';
import { escapeText } from '../../config/show.ts';
import type { ObjectRead } from '../../s3/operation.ts';
import { wordOf } from '../../s3/sample-request.ts';
import type { CheckRequest } from './request.ts';
import type { DescribeGrant } from './describe-grants.ts';

const MOST_GRANTS = 3;

const COMPUTE_DEFAULT =
  "The caller is Compute Engine's default service account, which project:PROJECT_ID does not cover. In a grant, name the account by its email.";

export function describeDenial(
  { caller, read, word }: CheckRequest,
  { why, withheld, nearest, more }: Denial,
  context: { readonly config: Config; readonly describeGrant: DescribeGrant },
): string[] {
  const { config, describeGrant } = context;
  const { bucket, subject } = read;
  if (!config.buckets.has(bucket))
    return [
      `The configuration has no such bucket. ${didYouMean(bucket, config.buckets.keys(), '`buckets`')}`,
    ];
  const right = withheld === undefined ? word : wordOf(withheld);
  const own = listed(nearest, more, describeGrant);
  const shown = escapeText(subject);
  const reach =
    subject === ''
      ? 'no prefix or key, because the read covers the whole bucket'
      : word === 'list'
        ? `a prefix that covers ${shown}`
        : `key: ${shown}, or with a prefix that covers this key`;
  const widen = `Remedy: add a grant for this caller that allows ${right}, with ${reach}.`;
  switch (why) {
    case 'no_grant': {
      const others = config.grants.filter((grant) => wouldDecide(config, grant, read));
      const described = listed(others.slice(0, MOST_GRANTS), others.length - MOST_GRANTS, describeGrant);
      return [
        'No grant on this bucket names the caller.',
        ...('email' in caller && isComputeDefault(caller.email) ? [COMPUTE_DEFAULT] : []),
        ...(others.length === 0
          ? []
          : ['These grants allow the read, but only for other callers:', ...described]),
        others.length === 0
          ? widen
          : 'Remedy: add the caller to one of these grants, or check whether one of them misspells the caller.',
      ];
    }
    case 'other_actions':
      return [
        `The caller's grants that cover this read do not allow ${right}:`,
        ...own,
        `Remedy: add ${right} to the allow list of one of these grants.`,
      ];
    case 'outside':
      return [
        `None of the caller's grants that allow ${right} covers this read. The closest grants:`,
        ...own,
        widen,
      ];
    case 'neither':
      return [
        `None of the caller's grants covers this read, and none allows ${right}. The closest grants:`,
        ...own,
        widen,
      ];
    case 'prefix_open':
      return [
        `The grant does not cover this prefix, because it has no trailing slash: the list would include keys outside ${shown}/.`,
        ...own,
        `Remedy: list ${shown}/.`,
      ];
    case 'above':
      return [
        "The caller's grants cover only parts of this list:",
        ...own,
        'No action needed for browsing: with delimiter=/, the bridge lists the folders that lead to these grants.',
      ];
  }
}

/** Lists grants that cannot be checked, because they require an email or a unique ID that the user did not pass. */
export function describeUnjudged(
  config: Config,
  { caller, read }: CheckRequest,
  describeGrant: DescribeGrant,
): string[] {
  const grants = config.grants
    .filter(
      ({ bucket, callers }) => bucket === read.bucket && callers.some((each) => couldDecide(each, caller)),
    )
    .map((grant) => ({ grant, decides: wouldDecide(config, grant, read) }))
    .sort((a, b) => Number(b.decides) - Number(a.decides));
  if (grants.length === 0) return [];
  const why =
    caller.kind === 'email'
      ? 'Grants that name callers by unique ID cannot be checked, because only an email was given'
      : 'Grants that name callers by email or project cannot be checked, because only a unique ID was given';
  const described = grants.slice(0, MOST_GRANTS).map(({ grant }) => grant);
  return [
    `${why}. To include these grants, use --caller EMAIL#ID:`,
    ...listed(described, grants.length - described.length, describeGrant),
  ];
}

/** Whether the pattern could match if the caller's email and unique ID were both known. */
function couldDecide(pattern: CallerPattern, caller: CheckRequest['caller']): boolean {
  // Callers of other issuers and people need no check: such a caller is already fully known, and a pattern for one matches
  // nobody else.
  if (caller.kind === 'issued' || pattern.kind === 'issued') return false;
  if (caller.kind === 'user' || pattern.kind === 'user') return false;
  if (caller.kind === 'email')
    return pattern.kind === 'id' || (pattern.kind === 'email-and-id' && pattern.email === caller.email);
  if (caller.kind === 'email-and-id' || pattern.kind === 'id') return false;
  return pattern.kind !== 'email-and-id' || pattern.uniqueId === caller.uniqueId;
}

/** Whether the grant would allow this read if it named the caller. */
function wouldDecide({ buckets }: Config, grant: Grant, read: ObjectRead): boolean {
  const anyone = { subject: '0' };
  const named = { ...grant, callers: [{ kind: 'id', uniqueId: anyone.subject } as const] };
  return 'permit' in explain(grantIndex([named], buckets)(anyone), read);
}

function listed(grants: readonly Grant[], more: number, describeGrant: DescribeGrant): string[] {
  return [...grants.map((grant) => `  ${describeGrant(grant)}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}
