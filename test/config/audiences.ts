// Token audiences that several programs share, and similar ones that are not shared. The bridge and its Terraform files must
// treat the same audiences as shared, so the tests for both use this list.

/** Shared audiences, each with its description in the error message. */
export const SHARED_AUDIENCES: readonly (readonly [audience: string, whose: string])[] = [
  ['32555940559.apps.googleusercontent.com', 'an OAuth client ID'],
  ['764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com', 'an OAuth client ID'],
  ['https://1.apps.googleusercontent.com/', 'an OAuth client ID'],
  ['123456789012', 'a number, such as an OAuth client ID or a project number'],
  ['112010400000000710080', 'a number, such as an OAuth client ID or a project number'],
  ['sts.amazonaws.com', 'an audience of AWS STS'],
  ['https://sts.amazonaws.com', 'an audience of AWS STS'],
  ['https://STS.eu-west-1.amazonaws.com/', 'an audience of AWS STS'],
  ['sts-fips.us-east-1.amazonaws.com', 'an audience of AWS STS'],
  ['sts.cn-north-1.amazonaws.com.cn', 'an audience of AWS STS'],
  ['https://iamcredentials.googleapis.com', 'an audience of Google APIs'],
  ['https://www.googleapis.com/oauth2/v4/token', 'an audience of Google APIs'],
  ['googleapis.com', 'an audience of Google APIs'],
  [
    '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/p/providers/q',
    'an audience of Google APIs',
  ],
  ['https://accounts.google.com', 'an audience of Google APIs'],
  ['api://AzureADTokenExchange', 'the audience of Azure'],
  ['sigstore', 'the audience of Sigstore'],
];

export const UNSHARED_AUDIENCES: readonly string[] = [
  'https://lake-bridge.example',
  'https://fedbridge-123456789012.europe-west1.run.app',
  'https://203.0.113.7:8443',
  'lake-bridge.example:8443',
  'lake-bridge',
  'https://apps.googleusercontent.com.example',
  'https://7.113.0.203.bc.googleusercontent.com',
  'https://googleapis.com.example/',
  'https://notgoogleapis.com',
  'https://lake.example/sts.amazonaws.com',
  'https://sts.amazonaws.com.example',
  'https://lake-1234.eu-west-1.elb.amazonaws.com',
  'https://sigstore.example',
  'lake-32555940559',
];
