// The S3 operations for GET: the query parameters that select each of them, and the IAM actions that each needs.
import type { IamAction } from '../policy/iam-actions.ts';

/** An operation in the S3 API Reference. */
export interface Row {
  readonly name: string;
  /** The query parameter that selects the operation, and its value if one is required; absent for the default operation. */
  readonly selector?: readonly [name: string, value?: string];
  readonly parameters: readonly string[];
  readonly actions: readonly IamAction[];
  /** The IAM actions for a request with a `versionId`; absent if the operation does not accept one. */
  readonly versionActions?: readonly IamAction[];
}

const RESPONSE_OVERRIDES = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

export const READ: Row = {
  name: 'GetObject',
  parameters: ['partNumber', ...RESPONSE_OVERRIDES],
  actions: ['s3:GetObject'],
  versionActions: ['s3:GetObjectVersion'],
};

export const OBJECT_ROWS: readonly Row[] = [
  {
    name: 'GetObjectTagging',
    selector: ['tagging'],
    parameters: [],
    actions: ['s3:GetObjectTagging'],
    versionActions: ['s3:GetObjectVersionTagging'],
  },
  {
    name: 'GetObjectAttributes',
    selector: ['attributes'],
    parameters: [],
    actions: ['s3:GetObject', 's3:GetObjectAttributes'],
    versionActions: ['s3:GetObjectVersion', 's3:GetObjectVersionAttributes'],
  },
  READ,
];

const EVERY_LIST = ['delimiter', 'encoding-type', 'max-keys', 'prefix'];

export const LIST_ROWS: readonly Row[] = [
  {
    name: 'ListObjectsV2',
    selector: ['list-type', '2'],
    parameters: [...EVERY_LIST, 'continuation-token', 'fetch-owner', 'start-after'],
    actions: ['s3:ListBucket'],
  },
  {
    name: 'ListObjectVersions',
    selector: ['versions'],
    parameters: [...EVERY_LIST, 'key-marker', 'version-id-marker'],
    actions: ['s3:ListBucketVersions'],
  },
  { name: 'ListObjects', parameters: [...EVERY_LIST, 'marker'], actions: ['s3:ListBucket'] },
];

export const LIST_BUCKETS = {
  name: 'ListBuckets',
  parameters: ['bucket-region', 'continuation-token', 'max-buckets', 'prefix'],
} as const;

export const BUCKET_LOCATION = { name: 'GetBucketLocation', selector: ['location'], parameters: [] } as const;

/** The operations for GET. docs/openapi.yaml describes each of them. */
export const GET_OPERATIONS: readonly Omit<Row, 'actions'>[] = [
  LIST_BUCKETS,
  BUCKET_LOCATION,
  ...LIST_ROWS,
  ...OBJECT_ROWS,
];
