// Writes STS's XML for AssumeRoleWithWebIdentity: the response, and the error document.
import type { TokenCredentials } from '../../auth/token-credentials.ts';
import { escapeXml } from './document.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function stsError(
  {
    status,
    s3Code,
    requestId,
  }: { readonly status: number; readonly s3Code: string; readonly requestId: string },
  message: string,
): string {
  const type = status >= 500 ? 'Receiver' : 'Sender';
  const error = elements([
    ['Type', type],
    ['Code', s3Code],
    ['Message', message],
  ]);
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error>${error}</Error>${elements([['RequestId', requestId]])}</ErrorResponse>`;
}

export interface WebIdentityResult {
  readonly credentials: TokenCredentials;
  readonly assumedRole: { readonly arn: string; readonly id: string };
  readonly subject: string;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

export function webIdentityResponse(result: WebIdentityResult, requestId: string): string {
  const { credentials, assumedRole, subject, issuer, audience } = result;
  const role = elements([
    ['Arn', assumedRole.arn],
    ['AssumedRoleId', assumedRole.id],
  ]);
  const about = elements([
    ['SubjectFromWebIdentityToken', subject],
    ['Provider', issuer],
    ['Audience', audience],
  ]);
  const keys = elements(Object.entries(credentials));
  const metadata = elements([['RequestId', requestId]]);
  return (
    `<AssumeRoleWithWebIdentityResponse xmlns="${NAMESPACE}"><AssumeRoleWithWebIdentityResult>${about}` +
    `<AssumedRoleUser>${role}</AssumedRoleUser><Credentials>${keys}</Credentials></AssumeRoleWithWebIdentityResult>` +
    `<ResponseMetadata>${metadata}</ResponseMetadata></AssumeRoleWithWebIdentityResponse>`
  );
}

/** Writes one XML element for each value, and omits undefined values. */
const elements = (values: readonly (readonly [name: string, value: string | undefined])[]): string =>
  values
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`))
    .join('');
