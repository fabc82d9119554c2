// Converts an operator's configuration for use in a sandbox in which all of its callers, roles and buckets exist. Nothing
// outside the sandbox is contacted.
import * as z from 'zod';
import { parseRoleArn } from '../config/aws-names.ts';
import { readDocument } from '../config/document.ts';
import type { Bucket, Config, Grant } from '../config/types.ts';
import { defineRole, isFirstRole } from '../policy/role-definition.ts';
import { readPolicyOf } from '../policy/read-policy.ts';
import { ACCOUNTS } from '../sandbox/google/accounts.ts';
import type { RoleDefinition } from '../sandbox/iam/roles.ts';
import { SAMPLE_ROLES } from '../sandbox/iam/sample-roles.ts';
import { ISSUER_KEYS_PATH } from '../sandbox/issuer/issuer.ts';
import { SAMPLE_KEYS } from '../sandbox/s3/sample.ts';
import {
  CONSOLE_AUDIENCE,
  REGION,
  SAMPLE_KEY,
  type SampleRead,
  type Seed,
  type SeedBucket,
} from '../sandbox/seed.ts';
import { readConfigDocument } from './read-config.ts';
import { accountOf, hasToken, isGoogle, peopleIn, strangerTo } from './sandbox-callers.ts';

/** A policy that allows nothing. A role without grants gets this policy, because IAM does not accept an empty policy. */
const NOTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Deny', Action: '*', Resource: '*' },
});

const MAX_KEY_BYTES = 1024;

/**
 * @param text the YAML text of a configuration
 * @throws ConfigError with every problem in the text
 */
export function seedFrom(text: string): Seed {
  const environment = { AWS_REGION: REGION };
  // Checks the operator's own text first, so that the line numbers of problems refer to that text.
  readConfigDocument(text, environment);
  const yaml = (issuer: string): string =>
    `${JSON.stringify(localDocument(readDocument(text).raw, issuer), null, 2)}\n`;
  const config = readConfigDocument(yaml(UNKNOWN_ISSUER), environment);
  const { grant, reader } = sampleGrant(config);
  const bucket = config.buckets.get(grant.bucket);
  if (bucket === undefined)
    throw new Error('the configuration was used before its bucket names were checked');
  const operator = config.operators.find(isGoogle);
  const patterns = [...config.grants.flatMap(({ callers }) => callers), ...config.operators].filter(isGoogle);
  const stranger = strangerTo(patterns);
  return {
    config: yaml,
    issuers: () =>
      config.issuers.map(({ name, kind, url, audiences: [audience = ''] }) => ({
        name,
        kind,
        url,
        audience,
      })),
    audience: config.audiences[0] ?? '',
    consoleAudience: config.console?.audience ?? CONSOLE_AUDIENCE,
    awsAudience: config.aws.audience,
    region: config.aws.region,
    accounts: [...patterns.map(accountOf), stranger],
    roles: [...SAMPLE_ROLES, ...rolesOf(config)],
    kmsKeys: [...config.buckets.values()].flatMap(({ kmsKeys }) => kmsKeys),
    buckets: bucketsOf(config),
    role: bucket.role.arn,
    sample: sampleRead(bucket, grant),
    reader,
    stranger: stranger.email,
    ...(operator === undefined ? {} : { operator: accountOf(operator).email }),
    people: peopleIn(config),
  };
}

const localBucket = z.looseObject({ target: z.string().optional() });
const localShape = z.looseObject({
  buckets: z.record(z.string(), localBucket),
  issuers: z.array(z.looseObject({})).optional(),
  console: z.unknown().optional(),
});

/** A placeholder for the origin of the emulated issuer, whose port is not known yet. */
const UNKNOWN_ISSUER = 'http://127.0.0.1:1';

/**
 * Removes everything that refers to other machines: the identity, endpoints, distributions, and targets that do not exist in
 * the sandbox's S3. Issuers keep their URLs, which the bridge only compares, but their keys are those of the emulated issuer.
 */
function localDocument(raw: unknown, issuer: string): unknown {
  const { identity, issuers, ...document } = localShape.parse(raw);
  const jwks = `${issuer}${ISSUER_KEYS_PATH}`;
  const local = issuers === undefined ? {} : { issuers: issuers.map((each) => ({ ...each, jwks })) };
  const buckets = Object.entries(document.buckets).map(([name, bucket]) => {
    const { endpoint, via, target, ...kept } = bucket;
    return [name, target === undefined ? kept : { ...kept, target: localTarget(target) }] as const;
  });
  const console = document.console ?? { audience: CONSOLE_AUDIENCE };
  return { ...document, ...local, console, buckets: Object.fromEntries(buckets) };
}

/** Replaces the ARN of an access point with the access point's name, which is a valid bucket name. */
const localTarget = (target: string): string => target.replace(/^arn:.*[:/]/, '');

/**
 * Chooses the grant for the sample request. Prefers a grant that allows get and list, and then a grant that allows get, because
 * such grants demonstrate the most.
 */
function sampleGrant({ grants }: Config): { grant: Grant; reader: string } {
  const withToken = grants.filter(({ callers }) => callers.some(hasToken));
  const grant =
    withToken.find(({ allow }) => allow.includes('get') && allow.includes('list')) ??
    withToken.find(({ allow }) => allow.includes('get')) ??
    withToken[0];
  const caller = grant?.callers.find(hasToken);
  if (grant === undefined || caller === undefined) {
    throw new Error(
      'No grant names a service account or another program, so no program could read anything. Under `grants`, add a grant for a service account.',
    );
  }
  const reader = isGoogle(caller) ? accountOf(caller).email : `${caller.issuer}:${caller.subject}`;
  return { grant, reader };
}

function sampleRead({ name, target }: Bucket, { scope, allow }: Grant): SampleRead {
  const [key = ''] = scope.kind === 'bucket' ? [SAMPLE_KEY] : keysIn(scope);
  return { bucket: name, target, key, scope, mayList: scope.kind !== 'key' && allow.includes('list') };
}

/** Returns the keys of sample objects that the grant covers. */
function keysIn(scope: Grant['scope']): readonly string[] {
  if (scope.kind === 'key') return [scope.key];
  if (scope.kind === 'bucket') return SAMPLE_KEYS;
  const key = `${scope.prefix}hello.txt`;
  return [Buffer.byteLength(key) > MAX_KEY_BYTES ? scope.prefix : key];
}

/** Returns the S3 buckets to create. The configuration may have several names for one S3 bucket. */
function bucketsOf({ buckets, grants, aws }: Config): SeedBucket[] {
  const seeds = new Map<string, SeedBucket>();
  for (const { name, target, region = aws.region, expectedOwner, role } of buckets.values()) {
    const keys = grants.flatMap(({ bucket, scope }) => (bucket === name ? keysIn(scope) : []));
    const before = seeds.get(target);
    const { account } = parseRoleArn(role.then.at(-1)?.arn ?? role.arn);
    seeds.set(target, {
      name: target,
      region: before?.region ?? region,
      owner: before?.owner ?? expectedOwner ?? account,
      keys: [...new Set([...(before?.keys ?? []), ...keys])],
    });
  }
  return [...seeds.values()];
}

/**
 * Returns the roles to create. The first role of each chain trusts the sandbox's bridge, and each chained role trusts the role
 * before it.
 */
function rolesOf(config: Config): RoleDefinition[] {
  const { roles, aws } = config;
  const trusted = { uniqueId: ACCOUNTS.bridge.uniqueId, audience: aws.audience };
  const arns = new Set([...roles.values()].flatMap(({ arn, then }) => [arn, ...then.map((hop) => hop.arn)]));
  return [...arns].map((arn) => {
    const permissions = readPolicyOf(config, arn) ?? NOTHING;
    return defineRole(roles, { arn, permissions, ...(isFirstRole(roles, arn) ? { trusted } : {}) });
  });
}
