// Says to the operator why no grant decides, which grants come nearest, and what to write.
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
import type { DescribeGrant } from './describe.ts';

const MOST_GRANTS = 3;

const COMPUTE_DEFAULT =
  "It is Compute Engine's default service account, which project:PROJECT_ID does not cover: name it by its e-mail.";

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
      ? 'neither prefix nor key, as it is the whole bucket'
      : word === 'list'
        ? `a prefix at or above ${shown}`
        : `key: ${shown}, or a prefix above it`;
  const widen = `Remedy: add a grant for this caller that allows ${right}, with ${reach}.`;
  switch (why) {
    case 'no_grant': {
      const others = config.grants.filter((grant) => wouldDecide(config, grant, read));
      const described = listed(others.slice(0, MOST_GRANTS), others.length - MOST_GRANTS, describeGrant);
      return [
        'No grant on this bucket names the caller.',
        ...('email' in caller && isComputeDefault(caller.email) ? [COMPUTE_DEFAULT] : []),
        ...(others.length === 0 ? [] : ['These would allow it, and name others:', ...described]),
        others.length === 0
          ? widen
          : 'Remedy: add the caller to one of them, or compare how it is written there.',
      ];
    }
    case 'other_actions':
      return [
        `The caller's grants that reach it do not allow ${right}:`,
        ...own,
        `Remedy: add ${right} to what one of them allows.`,
      ];
    case 'outside':
      return [`The caller's grants that allow ${right} do not reach it; the nearest:`, ...own, widen];
    case 'neither':
      return [`The caller's grants neither reach it nor allow ${right}; the nearest:`, ...own, widen];
    case 'prefix_open':
      return [
        `The prefix must end at a slash inside the grant: as it is it would list what lies beside ${shown}/ too.`,
        ...own,
        `Remedy: ask for ${shown}/.`,
      ];
    case 'above':
      return [
        "The prefix lies above the caller's grants:",
        ...own,
        'Remedy: none is needed to find them: with delimiter=/ the bridge shows the way down.',
      ];
  }
}

/** Of one half of an identity the other cannot be told, and grants that want that one neither decide nor go into the policy. */
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
      ? "Grants by unique ID can't be judged from an e-mail"
      : "Grants by e-mail or project can't be judged from a unique ID";
  const described = grants.slice(0, MOST_GRANTS).map(({ grant }) => grant);
  return [
    `${why}; left out, until you ask for EMAIL#ID:`,
    ...listed(described, grants.length - described.length, describeGrant),
  ];
}

/** Whether a pattern could name the caller once the other half of its identity were known. */
function couldDecide(pattern: CallerPattern, caller: CheckRequest['caller']): boolean {
  if (caller.kind === 'email')
    return pattern.kind === 'id' || (pattern.kind === 'email-and-id' && pattern.email === caller.email);
  if (caller.kind === 'email-and-id' || pattern.kind === 'id') return false;
  return pattern.kind !== 'email-and-id' || pattern.uniqueId === caller.uniqueId;
}

/** Whether a grant would decide for whomever it names. */
function wouldDecide({ buckets }: Config, grant: Grant, read: ObjectRead): boolean {
  const whoever = { subject: '0' };
  const named = { ...grant, callers: [{ kind: 'id', uniqueId: whoever.subject } as const] };
  return 'permit' in explain(grantIndex([named], buckets)(whoever), read);
}

function listed(grants: readonly Grant[], more: number, describeGrant: DescribeGrant): string[] {
  return [...grants.map((grant) => `  ${describeGrant(grant)}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}
