// Creates the headers with which a caller sends its token: as a bearer token, or as an S3 client's session token.

export const asBearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Returns the headers that an S3 client sends if its session token is a Google token. The bridge ignores the signature. */
export const asS3Client = (token: string): Record<string, string> => ({
  ...signedWithoutToken,
  'x-amz-security-token': token,
});

export const signedWithoutToken: Readonly<Record<string, string>> = {
  authorization: [
    'AWS4-HMAC-SHA256 Credential=placeholder/20261122/eu-west-1/s3/aws4_request',
    'SignedHeaders=host;x-amz-content-sha256;x-amz-date',
    `Signature=${'0'.repeat(64)}`,
  ].join(', '),
  'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
  'x-amz-date': '20261122T120000Z',
};
