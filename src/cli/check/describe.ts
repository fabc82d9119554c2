// Describes a configuration in words: its settings and, for each bucket, its role and what each caller may read.
import type { Bucket, Budget, Config, Grant, Hop, Issuer, Role } from '../../config/types.ts';
import { escapeText } from '../../config/show.ts';
import { showDuration, showQuantity, SIZE } from '../../config/units.ts';
import { CALLER_TAG_KEYS } from '../../config/aws-limits.ts';
import { describeActions, describeCaller, describeScope } from './describe-grants.ts';

export function describeConfig(config: Config): string {
  const { audiences, aws, buckets, grants, budgets, operators } = config;
  const lines = [
    `Callers' tokens must have the audience ${audiences.map(escapeText).join(' or ')}.`,
    ...config.issuers.map(describeIssuer),
    describeIdentity(config),
    ...describeLimits(config),
    '',
    ...[...buckets.values()].flatMap((bucket) => describeBucket(bucket, grants, aws.region)),
    ...budgets.flatMap(describeBudget),
    ...operators.map((operator) => `${describeCaller(operator)} may read the metrics.`),
    'Nobody else may read anything.',
  ];
  return `${lines.join('\n')}\n`;
}

function describeBudget({ callers, bytesPerDay, warnAt }: Budget): string[] {
  const share = warnAt === 1 ? 'when the budget is used up' : `at ${Math.round(warnAt * 1000) / 10} %`;
  return callers.map((caller) => {
    const who = describeCaller(caller);
    const each = caller.kind === 'project' ? `${who[0]?.toUpperCase() ?? ''}${who.slice(1)}` : who;
    return `${each} may receive at most ${showQuantity(bytesPerDay, SIZE)} from S3 per UTC day and process; the bridge logs a warning ${share}.`;
  });
}

function describeIssuer({ name, kind, url, audiences, jwks }: Issuer): string {
  const subjects = kind === 'kubernetes' ? 'Kubernetes service accounts' : 'subjects';
  const keys = jwks === undefined ? 'the keys that its discovery document names' : `the keys at ${jwks}`;
  return `Issuer ${name} (${escapeText(url)}) identifies ${subjects}, with tokens for the audience ${audiences.map(escapeText).join(' or ')}, verified with ${keys}.`;
}

function describeIdentity({ identity, aws }: Config): string {
  const call = `The bridge calls STS in ${aws.region} with`;
  const audience = escapeText(aws.audience);
  switch (identity.kind) {
    case 'metadata':
      return `${call} its own token for audience ${audience}.`;
    case 'impersonate':
      return `${call} ${identity.email}'s token for audience ${audience}; your Google login impersonates that account.`;
    case 'file':
      return `${call} the token in the file ${escapeText(identity.path)}. The token must be for audience ${audience}.`;
    case 'profile':
      return `${call} the AWS profile ${escapeText(identity.name)}, without a Google identity.`;
  }
}

function describeLimits({
  limits,
  readAhead,
  chunkAbove,
  serverTiming,
  traces,
  cors,
  cache,
}: Config): string[] {
  const { inFlight, perCaller, stallSeconds, drainSeconds } = limits;
  const origins = cors?.origins.includes('*') === true ? ['every origin'] : (cors?.origins ?? []);
  const pages = new Intl.ListFormat('en').format(origins.map(escapeText));
  return [
    `The bridge serves at most ${inFlight} concurrent requests, and at most ${perCaller} per caller. It waits at most ${showDuration(stallSeconds)} for a stalled response; on shutdown, responses have ${showDuration(drainSeconds)} to finish.`,
    readAhead.connections === 1
      ? 'It reads each object over one connection.'
      : `It reads each large object over up to ${readAhead.connections} connections, and uses at most ${showQuantity(readAhead.memoryBytes, SIZE)} of memory in total for read-ahead.`,
    ...(chunkAbove === Infinity
      ? []
      : [`Responses larger than ${showQuantity(chunkAbove, SIZE)} have no Content-Length.`]),
    ...(serverTiming
      ? ['Responses to authenticated callers show how long each step took (Server-Timing).']
      : []),
    ...(traces === undefined ? [] : [`Traces go to ${new URL(traces.url).host}.`]),
    ...(cache === undefined
      ? []
      : [
          `The cache takes ${showQuantity(cache.memoryBytes, SIZE)} of memory. A confirmation from S3 is valid for ${showDuration(cache.freshForSeconds)}. Objects with SSE-KMS are ${cache.kms === 'memory' ? 'cached, unencrypted' : 'not cached'}.`,
        ]),
    ...(cors === undefined
      ? []
      : [
          `Web pages from ${pages} may call the bridge; browsers cache this permission for ${showDuration(cors.maxAgeSeconds)}.`,
        ]),
  ];
}

function describeBucket(bucket: Bucket, grants: readonly Grant[], stsRegion: string): string[] {
  const {
    name,
    role,
    target,
    region,
    endpoint,
    via,
    requesterPays,
    expectedOwner,
    verifyChecksums,
    kmsKeys,
  } = bucket;
  const where = [
    `${target.startsWith('arn:') ? 'access point' : 'S3 bucket'} ${target}`,
    region === undefined
      ? `in the region that S3 reports; the bridge tries ${stsRegion} first`
      : `in ${region}`,
    ...(endpoint === undefined ? [] : [`at ${endpoint}`]),
  ].join(' ');
  const also = [
    ...(via === undefined ? [] : [`objects are read through ${via}`]),
    ...(expectedOwner === undefined ? [] : [`owned by ${expectedOwner}`]),
    ...(requesterPays ? ['requester pays'] : []),
    ...(verifyChecksums ? ['whole-object checksums are verified'] : []),
    ...(kmsKeys.length === 0 ? [] : [`decrypted with ${new Intl.ListFormat('en').format(kmsKeys)}`]),
  ];
  const session = role.session === 'caller' ? 'named after the caller' : 'named after the bridge';
  const sessions = `sessions ${session}, ${showDuration(role.durationSeconds)}`;
  const own = grants.filter((grant) => grant.bucket === name);
  return [
    `${name} (${[where, ...also].join(', ')})`,
    `  as ${describeRole(role, sessions)}:`,
    ...own.flatMap(({ callers, allow, scope }) =>
      callers.map(
        (caller) => `  ${describeCaller(caller)} may ${describeActions(allow)} ${describeScope(scope)}`,
      ),
    ),
    ...(own.length === 0 ? ['  nobody may read it'] : []),
    '',
  ];
}

/**
 * Describes the role and its chained roles.
 * @param about a text to show in parentheses after the first ARN
 */
export function describeRole({ name, arn, then }: Role, about: string): string {
  return [`role ${name} (${arn}, ${about})`, ...then.map(describeHop)].join(', then as ');
}

/**
 * Describes a chained role. Omits the external ID, because only the role's owner and the operator may know it, whereas this
 * text ends up in terminals and build logs.
 */
function describeHop({ arn, externalId, tags, callerTags, transitiveTags, sourceIdentity }: Hop): string {
  const keys = [...Object.keys(tags), ...(callerTags ? CALLER_TAG_KEYS : [])].map(
    (key) => `${escapeText(key)}${transitiveTags.includes(key) ? ' (transitive)' : ''}`,
  );
  const also = [
    ...(externalId === undefined ? [] : ['external ID']),
    ...(keys.length === 0 ? [] : [`tags ${new Intl.ListFormat('en').format(keys)}`]),
    ...(sourceIdentity === undefined ? [] : ['source identity']),
  ];
  return also.length === 0 ? arn : `${arn} (with ${also.join(', ')})`;
}
