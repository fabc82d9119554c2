// Maps the actions in a grant's `allow` to IAM actions, so that the bridge authorizes exactly the actions that AWS will check.
import type { Action } from '../config/types.ts';

/** IAM's actions on objects (Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"). */
type ObjectAction =
  | 's3:GetObject'
  | 's3:GetObjectVersion'
  | 's3:GetObjectTagging'
  | 's3:GetObjectVersionTagging'
  | 's3:GetObjectAttributes'
  | 's3:GetObjectVersionAttributes';

export type ListAction = 's3:ListBucket' | 's3:ListBucketVersions';

export type IamAction = ObjectAction | ListAction;

/**
 * Maps each word of `allow` to the IAM actions that it allows on its own. Reading an object version needs a separate IAM action.
 */
const PLAIN: Readonly<Record<Action, readonly IamAction[]>> = {
  get: ['s3:GetObject'],
  list: ['s3:ListBucket'],
  versions: ['s3:GetObjectVersion'],
  tags: ['s3:GetObjectTagging'],
  attributes: ['s3:GetObjectAttributes'],
  // `vend` determines who obtains credentials (auth/authorize-vending.ts), and does not correspond to an IAM action.
  vend: [],
};

const WITH_VERSIONS: Readonly<Partial<Record<Action, IamAction>>> = {
  list: 's3:ListBucketVersions',
  tags: 's3:GetObjectVersionTagging',
  attributes: 's3:GetObjectVersionAttributes',
};

/** @returns the IAM actions in the order of `allow`. `versions` extends every other action in the same grant to versions. */
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
