// Compiles grants into the session policy that makes AWS itself hold a caller to them.
import type { Action, Bucket, Grant } from '../config.ts';

/** STS AssumeRoleWithWebIdentity, Policy: at most 2,048 characters. */
export const MAX_POLICY_CHARACTERS = 2048;

/** IAM actions (Service Authorization Reference, Amazon S3). A versioned read is an action of its own to IAM. */
const OBJECT_ACTIONS: Readonly<Record<Exclude<Action, 'list'>, readonly string[]>> = {
  get: ['s3:GetObject'],
  versions: ['s3:GetObjectVersion'],
  tags: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
  attributes: ['s3:GetObjectAttributes', 's3:GetObjectVersionAttributes'],
};

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * The policy of all grants where it fits, else of the one that decided: a caller with very many grants gets a session
 * for each rather than one that reads more.
 */
export function sessionPolicy(bucket: Bucket, decided: Grant, all: readonly Grant[]): string {
  const whole = compilePolicy(bucket, all);
  return whole.length <= MAX_POLICY_CHARACTERS ? whole : compilePolicy(bucket, [decided]);
}

/** Canonical: the same rights give the same text, whatever the order of grants, so that sessions are shared. */
export function compilePolicy(bucket: Bucket, grants: readonly Grant[]): string {
  const statements = [
    ...objectStatements(bucket, grants),
    ...listStatement(bucket, grants),
    ...kmsStatement(bucket),
  ];
  return asciiJson({ Version: '2012-10-17', Statement: statements });
}

/** Actions that reach the same keys share a statement. */
function objectStatements(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  const byResources = new Map<string, { actions: string[]; resources: string[] }>();
  for (const action of ['get', 'versions', 'tags', 'attributes'] as const) {
    const reaching = grants.filter((grant) => grant.allow.includes(action));
    if (reaching.length === 0) continue;
    const resources = withoutCovered(reaching.map(({ scope }) => reachPattern(scope)));
    const arns = resources.map((pattern) => objectArn(bucket, pattern));
    const key = JSON.stringify(arns);
    const entry = byResources.get(key) ?? { actions: [], resources: arns };
    entry.actions.push(...OBJECT_ACTIONS[action]);
    byResources.set(key, entry);
  }
  return [...byResources.values()].map(({ actions, resources }) => ({
    Effect: 'Allow',
    Action: oneOrMany(actions),
    Resource: oneOrMany(resources),
  }));
}

/** AWS tests a missing key under `s3:prefix` when it decides between 404 and 403, so the condition serves reads too. */
function listStatement(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  const listing = grants.filter((grant) => grant.allow.includes('list'));
  if (listing.length === 0) return [];
  const patterns = withoutCovered(listing.map(({ scope }) => reachPattern(scope)));
  const versions = listing.some((grant) => grant.allow.includes('versions'));
  const statement = {
    Effect: 'Allow',
    Action: oneOrMany(['s3:ListBucket', ...(versions ? ['s3:ListBucketVersions'] : [])]),
    Resource: bucketArn(bucket),
  } as const;
  if (patterns.includes('*')) return [statement];
  return [{ ...statement, Condition: { StringLike: { 's3:prefix': oneOrMany(patterns) } } }];
}

/** Only as S3 does it on a read's behalf: the keys are of no use elsewhere. */
function kmsStatement({ kmsKeys, region }: Bucket): Statement[] {
  if (kmsKeys.length === 0) return [];
  return [
    {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: oneOrMany([...kmsKeys].sort()),
      Condition: { StringLike: { 'kms:ViaService': `s3.${region ?? '*'}.amazonaws.com*` } },
    },
  ];
}

function reachPattern(scope: Grant['scope']): string {
  switch (scope.kind) {
    case 'bucket':
      return '*';
    case 'prefix':
      return `${literal(scope.prefix)}*`;
    case 'key':
      return literal(scope.key);
  }
}

/** In a policy these three stand for something else unless written so (IAM, "Policy elements: variables and tags"). */
function literal(text: string): string {
  return text.replace(/[*?$]/g, (character) => `\${${character}}`);
}

/**
 * Sorted, without repeats and without what a shorter pattern of the list already reaches. Prefixes end with '/', so
 * only the places behind a '/' are looked up: thousands of grants stay cheap.
 */
function withoutCovered(patterns: readonly string[]): string[] {
  const all = new Set(patterns);
  if (all.has('*')) return ['*'];
  return [...all].filter((pattern) => !isCovered(pattern, all)).sort();
}

function isCovered(pattern: string, all: ReadonlySet<string>): boolean {
  for (let slash = pattern.indexOf('/'); slash !== -1; slash = pattern.indexOf('/', slash + 1)) {
    const wider = `${pattern.slice(0, slash + 1)}*`;
    if (wider !== pattern && all.has(wider)) return true;
  }
  return false;
}

const isArn = (target: string): boolean => target.startsWith('arn:');

/** A bucket's ARN has its role's partition; an access point is its own resource (S3, "Access point policies"). */
function bucketArn({ target, role }: Bucket): string {
  return isArn(target) ? target : `arn:${role.arn.split(':')[1] ?? 'aws'}:s3:::${target}`;
}

function objectArn(bucket: Bucket, pattern: string): string {
  return isArn(bucket.target) ? `${bucket.target}/object/${pattern}` : `${bucketArn(bucket)}/${pattern}`;
}

const oneOrMany = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 ? (values[0] ?? '') : values;

/** STS takes Latin-1 only; JSON's own escapes say the rest. */
function asciiJson(document: unknown): string {
  return JSON.stringify(document).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
