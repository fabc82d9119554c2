// Query parameters that select or change an S3 operation. The bridge rejects any that it does not support. S3 ignores all
// parameters that are not listed here.

/** The parameters of all operations in the S3 API Reference. A test compares this list with the AWS SDK. */
const SUBRESOURCES = new Set([
  'abac',
  'accelerate',
  'acl',
  'analytics',
  'annotation',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'list-type',
  'location',
  'logging',
  'metadataAnnotationTable',
  'metadataConfiguration',
  'metadataInventoryTable',
  'metadataJournalTable',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'select-type',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
]);

/**
 * Whether a parameter may select or change an operation. This includes all `x-amz-…` parameters: presigned URLs carry headers as
 * parameters, and dropping a header such as `x-amz-expected-bucket-owner` would skip a check.
 */
export function isSubresource(name: string): boolean {
  return SUBRESOURCES.has(name) || /^x-amz-/i.test(name);
}
