// Compiles grants into the session policy that makes AWS itself hold a caller to them.
import type { Bucket, Grant } from '../config.ts';
import { iamActions, isListAction } from '../iam-actions.ts';
import type { IamAction } from '../iam-actions.ts';

/** STS AssumeRoleWithWebIdentity, Policy: at most 2,048 characters. */
export const MAX_POLICY_CHARACTERS = 2048;

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * The policy of all of a caller's grants on a bucket where it fits, else of those that decided: a caller with very many
 * grants gets a session for each rather than one that reads more.
 * @returns a function that compiles once for as long as the grants live
 */
export function sessionPolicies(): (
  bucket: Bucket,
  decided: readonly Grant[],
  all: readonly Grant[],
) => string {
  const ofAll = new WeakMap<readonly Grant[], string>();
  const ofOne = new WeakMap<Grant, string>();
  return (bucket, decided, all) => {
    let policy = ofAll.get(all);
    if (policy === undefined) ofAll.set(all, (policy = compilePolicy(bucket, all)));
    if (policy.length <= MAX_POLICY_CHARACTERS) return policy;
    const [only, ...more] = decided;
    if (only === undefined || more.length > 0) return compilePolicy(bucket, decided);
    let own = ofOne.get(only);
    if (own === undefined) ofOne.set(only, (own = compilePolicy(bucket, decided)));
    return own;
  };
}

/** Canonical: the same rights give the same text, whatever the order of grants, so that sessions are shared. */
export function compilePolicy(bucket: Bucket, grants: readonly Grant[]): string {
  const statements = [
    ...objectStatements(bucket, grants),
    ...listStatements(bucket, grants),
    ...kmsStatement(bucket),
  ];
  return asciiJson({ Version: '2012-10-17', Statement: statements });
}

/** Actions that reach the same keys share a statement. */
function objectStatements(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  return byReach(grants, (action) => !isListAction(action)).map(({ actions, patterns }) => ({
    Effect: 'Allow',
    Action: oneOrMany(actions),
    Resource: oneOrMany(patterns.map((pattern) => objectArn(bucket, pattern))),
  }));
}

/** AWS tests a missing key under `s3:prefix` when it decides between 404 and 403, so the condition serves reads too. */
function listStatements(bucket: Bucket, grants: readonly Grant[]): Statement[] {
  return byReach(grants, isListAction).map(({ actions, patterns }) => {
    const statement = { Effect: 'Allow', Action: oneOrMany(actions), Resource: bucketArn(bucket) } as const;
    if (patterns.includes('*')) return statement;
    return { ...statement, Condition: { StringLike: { 's3:prefix': oneOrMany(patterns) } } };
  });
}

interface Reached {
  readonly actions: IamAction[];
  readonly patterns: readonly string[];
}

function byReach(grants: readonly Grant[], wanted: (action: IamAction) => boolean): Reached[] {
  const patterns = new Map<IamAction, string[]>();
  for (const { allow, scope } of grants) {
    for (const action of iamActions(allow).filter(wanted)) {
      const known = patterns.get(action);
      if (known === undefined) patterns.set(action, [reachPattern(scope)]);
      else known.push(reachPattern(scope));
    }
  }
  const reached = new Map<string, Reached>();
  for (const action of [...patterns.keys()].sort()) {
    const reach = withoutCovered(patterns.get(action) ?? []);
    const key = JSON.stringify(reach);
    const others = reached.get(key);
    if (others === undefined) reached.set(key, { actions: [action], patterns: reach });
    else others.actions.push(action);
  }
  return [...reached.values()];
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

/** An access point is a resource of its own (S3 user guide, "Configuring IAM policies for using access points"). */
const isAccessPoint = ({ target }: Bucket): boolean => target.startsWith('arn:');

/** A bucket's ARN has its role's partition. */
const bucketArn = (bucket: Bucket): string =>
  isAccessPoint(bucket)
    ? bucket.target
    : `arn:${bucket.role.arn.split(':')[1] ?? 'aws'}:s3:::${bucket.target}`;

function objectArn(bucket: Bucket, pattern: string): string {
  return isAccessPoint(bucket) ? `${bucketArn(bucket)}/object/${pattern}` : `${bucketArn(bucket)}/${pattern}`;
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
