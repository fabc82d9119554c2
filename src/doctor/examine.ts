// Checks each step of the bridge's path, from the configuration to the last bucket, and reports the findings.
import { awsDomain } from '../config/aws-names.ts';
import type { Config, Platform } from '../config/types.ts';
import { findWarnings } from '../config/warnings.ts';
import type { RoleAccess } from '../server/role-access.ts';
import { examineBuckets } from './examine-buckets.ts';
import { judgeClock, readClock } from './clock.ts';
import type { Examination, Examined } from './step-report.ts';
import { fetchKeySet, judgeKeySet } from './google-keys.ts';
import { examineIssuers } from './issuer-keys.ts';
import { examineIdentity } from './identity.ts';
import { examineRoles, roleStep } from './roles.ts';
import type { TrustFile } from './trust-file.ts';

/** @param trust the trust policy that the user supplied; if STS denies the role, this policy is compared with the token */
export async function* examine(config: Config, access: RoleAccess, trust: TrustFile | undefined): Examined {
  yield* examineConfiguration(config);
  const { aws, certsUrl } = config;
  const stsOrigin = aws.stsEndpoint ?? `https://sts.${aws.region}.${awsDomain(aws.region)}`;
  const [keySet, google, sts] = await Promise.all([
    fetchKeySet(certsUrl),
    readClock('Google', new URL('/', certsUrl).href),
    readClock('AWS', stsOrigin),
  ]);
  const clock = judgeClock([google, sts]);
  yield clock;

  let identified = true;
  for await (const each of examineIdentity(config, access, google.aheadMs ?? 0)) {
    identified &&= each.outcome !== 'wrong';
    yield each;
  }
  const own = identified
    ? await access.identity?.token({ refresh: false }).catch(() => undefined)
    : undefined;
  yield judgeKeySet(keySet, config, own);
  yield* examineIssuers(config);
  if (!identified) {
    yield notChecked('roles', config.roles);
    yield notChecked('buckets', config.buckets);
    return;
  }

  yield* checkTrustFile(config, trust);
  const context = { config, access, stsOrigin, trust, clockIsOff: clock.outcome === 'wrong' };
  const failing = new Set<string>();
  for await (const each of examineRoles(context)) {
    const name = [...config.roles.keys()].find((role) => roleStep(role) === each.step);
    if (each.outcome !== 'fine' && name !== undefined) failing.add(name);
    yield each;
  }
  yield* examineBuckets(context, failing);
}

export function surroundings(platform: Platform): Examination {
  const found =
    platform.kind === 'cloud-run'
      ? `Cloud Run, service ${platform.service}, revision ${platform.revision}`
      : 'a machine outside Cloud Run';
  return { step: 'surroundings', outcome: 'fine', found };
}

function* examineConfiguration(config: Config): Generator<Examination> {
  const { roles, buckets, grants, identity, aws } = config;
  const step = 'configuration';
  const found = [`${roles.size} roles`, `${buckets.size} buckets`, `${grants.length} grants`]
    .map((count) => count.replace(/^1 (\w+)s$/, '1 $1'))
    .join(', ');
  const compared = { identity: identity.kind, 'STS region': aws.region, 'aws.audience': aws.audience };
  yield { step, outcome: 'fine', found, compared };
  for (const { field, rule, fix } of findWarnings(config))
    yield { step, outcome: 'doubtful', found: `${field} ${rule}`, fix };
}

const notChecked = (step: string, named: ReadonlyMap<string, unknown>): Examination => ({
  step,
  outcome: 'unknown',
  found: `${[...named.keys()].join(', ')}: not checked, because the bridge has no usable identity`,
});

function* checkTrustFile({ roles }: Config, trust: TrustFile | undefined): Generator<Examination> {
  const { roleArn } = trust ?? {};
  const arns = [...roles.values()].flatMap(({ arn, then }) => [arn, ...then.map((hop) => hop.arn)]);
  if (roleArn === undefined || arns.includes(roleArn)) return;
  yield {
    step: 'trust policy',
    outcome: 'doubtful',
    found: 'the given policy belongs to a role that is not in the configuration',
    compared: { 'policy is for': roleArn, configured: arns.join(' ') },
    fix: 'Compare the account and the name: a role with the same name in a different account is not the same role. Fix the ARN in the configuration, or pass the policy of a configured role.',
  };
}
