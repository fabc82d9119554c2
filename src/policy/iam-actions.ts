// The IAM actions that a grant's words stand for: what we authorise by is what AWS will be asked for.
import type { Action } from '../config/types.ts';

/** Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". */
type ObjectAction =
  | 's3:GetObject'
  | 's3:GetObjectVersion'
  | 's3:GetObjectTagging'
  | 's3:GetObjectVersionTagging'
  | 's3:GetObjectAttributes'
  | 's3:GetObjectVersionAttributes';

export type ListAction = 's3:ListBucket' | 's3:ListBucketVersions';

export type IamAction = ObjectAction | ListAction;

/** To IAM, reading a version is another action than reading the object. */
const PLAIN: Readonly<Record<Action, readonly IamAction[]>> = {
  get: ['s3:GetObject'],
  list: ['s3:ListBucket'],
  versions: ['s3:GetObjectVersion'],
  tags: ['s3:GetObjectTagging'],
  attributes: ['s3:GetObjectAttributes'],
};

const WITH_VERSIONS: Readonly<Partial<Record<Action, IamAction>>> = {
  list: 's3:ListBucketVersions',
  tags: 's3:GetObjectVersionTagging',
  attributes: 's3:GetObjectVersionAttributes',
};

/** In the order of the words; `versions` widens each of the other words of the same grant. */
export function iamActions(allow: readonly Action[]): readonly IamAction[] {
  const versions = allow.includes('versions');
  return allow.flatMap((word) => {
    const more = versions ? WITH_VERSIONS[word] : undefined;
    return more === undefined ? PLAIN[word] : [...PLAIN[word], more];
  });
}

export function isListAction(action: IamAction): action is ListAction {
  return action === 's3:ListBucket' || action === 's3:ListBucketVersions';
}
