// Builds the simplest request for each grant action. Commands and routes that explain grants use these requests, so that the
// same code as for real requests makes the decision.
import type { Action } from '../config/types.ts';
import { iamActions } from '../policy/iam-actions.ts';
import type { IamAction } from '../policy/iam-actions.ts';
import { operationOn } from './operation.ts';
import type { ObjectRead } from './operation.ts';

/** S3's version ID for an object without versions. */
const ANY_VERSION = 'null';

const QUERIES: Readonly<Record<Action, readonly [name: string, value: string]>> = {
  get: ['x-id', 'GetObject'],
  list: ['list-type', '2'],
  versions: ['versionId', ANY_VERSION],
  tags: ['tagging', ''],
  attributes: ['attributes', ''],
};

/** A grant's possible actions, in the same order as in the configuration's schema. */
export const WORDS = Object.keys(QUERIES) as Action[];

export const isWord = (text: string): text is Action => Object.hasOwn(QUERIES, text);

/** Returns the grant action that allows this IAM action on its own. */
export function wordOf(action: IamAction): Action | undefined {
  return WORDS.find((word) => iamActions([word]).includes(action));
}

/** @param subject the prefix for `list`; otherwise the object's key, which must not be empty */
export function sampleRequest(word: Action, bucket: string, subject: string): ObjectRead {
  const query = new Map([QUERIES[word]]);
  if (word === 'list') query.set('prefix', subject);
  const operation = operationOn({ bucket, key: word === 'list' ? '' : subject }, 'GET', query);
  if (!('actions' in operation)) throw new Error('the key of an object must not be empty');
  return operation;
}
