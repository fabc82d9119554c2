// Query parameters that select an operation in S3, or change one. Those that the bridge does not offer are rejected; S3 ignores all others.

/** Of all operations of the S3 API Reference; a test compares them with the AWS SDK's. */
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

/** Also `x-amz-…`: a presigned URL carries headers so, and dropping one such as `x-amz-expected-bucket-owner` would drop a check. */
export function isSubresource(name: string): boolean {
  return SUBRESOURCES.has(name) || /^x-amz-/i.test(name);
}
