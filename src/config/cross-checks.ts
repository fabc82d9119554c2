// Checks parts of a document against each other: names that must exist, roles that overlap, values that must differ. Works on raw
// values, so that an invalid field does not hide problems in other fields.
import { isDeepStrictEqual } from 'node:util';
import { AWS_REGION, BUCKET_NAME, regionOfTarget, targetFix } from './aws-names.ts';
import { checkDistributions } from './distribution-checks.ts';
import { didYouMean } from './did-you-mean.ts';
import { NO_PROFILE_ON_CLOUD_RUN } from './environment.ts';
import { checkGrants } from './grant-checks.ts';
import { checkHops } from './hop-checks.ts';
import { checkIssuers } from './issuer-checks.ts';
import type { Finding } from './problem.ts';
import { entriesOf, fieldOf, isMap, textsOf } from './unchecked-values.ts';
import { checkAudiences } from './shared-audiences.ts';
import { quote, showPath } from './show.ts';

/** The facts about the environment that `checkTogether` needs. */
export interface EnvironmentFacts {
  /** Whether `AWS_REGION` is set, even to an invalid value. */
  readonly regionIsSet: boolean;
  /** The value of `AWS_ENDPOINT_URL_S3`, even if it is invalid; undefined if it is not set. */
  readonly s3Endpoint: string | undefined;
  readonly onCloudRun: boolean;
}

/** Finds every problem in a document that cannot be detected from a single field. */
export function checkTogether(raw: unknown, outside: EnvironmentFacts): readonly Finding[] {
  return [
    ...checkAws(raw, outside),
    ...checkAudiences(raw),
    ...checkIdentity(fieldOf(raw, 'identity'), outside),
    ...checkIssuers(raw),
    ...checkRoles(raw),
    ...checkBuckets(raw),
    ...checkDistributions(raw, outside.s3Endpoint),
    ...checkGrants(raw),
    ...checkPrices(fieldOf(raw, 'egress')),
    ...checkLimits(fieldOf(raw, 'limits')),
  ];
}

function checkAws(raw: unknown, { regionIsSet }: EnvironmentFacts): Finding[] {
  const aws = fieldOf(raw, 'aws');
  const findings: Finding[] = [];
  if (fieldOf(aws, 'region') === undefined && !regionIsSet) {
    findings.push({
      path: ['aws', 'region'],
      rule: 'is missing; it must be the region in which the bridge calls STS',
      fix: 'Add the region, or set AWS_REGION.',
    });
  }
  const stsAudience = fieldOf(aws, 'audience') ?? 'fedbridge';
  if (typeof stsAudience === 'string' && textsOf(fieldOf(raw, 'audience')).includes(stsAudience)) {
    findings.push({
      path: ['audience'],
      // If the two audiences were equal, STS would accept callers' tokens, and the bridge would accept its own token.
      rule: `must differ from aws.audience, which is also ${quote(stsAudience)}`,
      fix: "Use this bridge's URL as `audience`, and a different value as `aws.audience`.",
    });
  }
  return findings;
}

function checkIdentity(identity: unknown, { onCloudRun }: EnvironmentFacts): Finding[] {
  if (!isMap(identity)) return [];
  if (onCloudRun && fieldOf(identity, 'profile') !== undefined)
    return [{ path: ['identity', 'profile'], ...NO_PROFILE_ON_CLOUD_RUN }];
  if (entriesOf(identity).length === 1) return [];
  return [
    {
      path: ['identity'],
      rule: 'must have exactly one of impersonate, file and profile',
      fix: 'Keep one of them, or set `identity: metadata`.',
    },
  ];
}

function checkRoles(raw: unknown): Finding[] {
  const roles = fieldOf(raw, 'roles');
  const findings: Finding[] = [];
  if (isMap(roles) && entriesOf(roles).length === 0) {
    findings.push({ path: ['roles'], rule: 'must have at least one entry', fix: '' });
  }
  // Roles are grouped by their first ARN, because comparing every pair would be slow for thousands of roles.
  const byArn = new Map<string, { name: string; then: unknown }[]>();
  for (const [name, role] of entriesOf(roles)) {
    if (!/^[\w.-]{1,64}$/.test(name)) {
      findings.push({
        path: ['roles', name],
        rule: 'must have a name of 1 to 64 letters, digits, dots, hyphens and underscores',
        fix: 'Rename the role.',
      });
    }
    const arn = fieldOf(role, 'arn');
    const then = fieldOf(role, 'then') ?? [];
    if (typeof arn === 'string') {
      const others = byArn.get(arn) ?? [];
      const same = others.find((other) => isDeepStrictEqual(other.then, then));
      if (same !== undefined) {
        findings.push({
          path: ['roles', name],
          rule: `duplicates ${showPath(['roles', same.name])}: both roles have the same ARN and the same chained roles`,
          fix: `Remove this role, and set \`role\` to ${quote(same.name)} for its buckets.`,
        });
      }
      byArn.set(arn, [...others, { name, then }]);
    }
    for (const finding of checkHops(role)) {
      findings.push({ ...finding, path: ['roles', name, ...finding.path] });
    }
  }
  return findings;
}

function checkBuckets(raw: unknown): Finding[] {
  const buckets = fieldOf(raw, 'buckets');
  const roles = fieldOf(raw, 'roles');
  const roleNames = entriesOf(roles).map(([name]) => name);
  const known = new Set(roleNames);
  const findings: Finding[] = [];
  if (isMap(buckets) && entriesOf(buckets).length === 0) {
    findings.push({ path: ['buckets'], rule: 'must have at least one entry', fix: '' });
  }
  for (const [name, bucket] of entriesOf(buckets)) {
    if (!BUCKET_NAME.test(name)) {
      const fix = targetFix(name) || (BUCKET_NAME.fix ?? '');
      findings.push({ path: ['buckets', name], rule: BUCKET_NAME.must, fix });
    }
    const role = fieldOf(bucket, 'role');
    if (isMap(roles) && typeof role === 'string' && !known.has(role)) {
      findings.push({
        path: ['buckets', name, 'role'],
        rule: `must be the name of a role, not ${quote(role)}`,
        fix: didYouMean(role, roleNames, '`roles`'),
      });
    }
    const target = fieldOf(bucket, 'target');
    const region = fieldOf(bucket, 'region');
    const targetRegion = typeof target === 'string' ? regionOfTarget(target) : undefined;
    if (targetRegion !== undefined && typeof region === 'string' && region !== targetRegion) {
      findings.push({
        path: ['buckets', name, 'region'],
        rule: `must match the region in target (${targetRegion}), but is ${quote(region)}`,
        fix: 'Remove `region`, because the ARN in `target` already contains it.',
      });
    }
  }
  return findings;
}

function checkPrices(egress: unknown): Finding[] {
  return entriesOf(fieldOf(egress, 'prices'))
    .filter(([region]) => !AWS_REGION.test(region))
    .map(([region]) => ({ path: ['egress', 'prices', region], rule: AWS_REGION.must, fix: '' }));
}

function checkLimits(limits: unknown): Finding[] {
  const inFlight = fieldOf(limits, 'inFlight') ?? 1000;
  const perCaller = fieldOf(limits, 'perCaller');
  if (typeof inFlight !== 'number' || typeof perCaller !== 'number' || perCaller <= inFlight) return [];
  return [
    {
      path: ['limits', 'perCaller'],
      rule: `must be at most limits.inFlight (${inFlight}), not ${perCaller}`,
      fix: 'Lower perCaller or raise inFlight.',
    },
  ];
}
