// Rows of the fault table for the bridge's own identity: the metadata server, impersonation, a file, an AWS profile.
import { federationRefused, federationUnavailable } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

const IDENTITY_SENTENCE = 'The bridge could not obtain its own identity token. Try again shortly.';
const PROFILE_SENTENCE = 'The bridge could not get credentials in time. Try again shortly.';

export const IDENTITY_FAULTS = {
  metadata_timeout: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server did not respond in time. If this persists, restart the instance. Outside Google Cloud there is no metadata server.',
  ),
  metadata_unreachable: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server is unreachable. On Google Cloud, check GCE_METADATA_HOST. Outside Google Cloud, set `identity` to impersonate, file or profile.',
  ),
  metadata_no_account: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server reports that there is no service account (404). Attach a service account to the Cloud Run service or the machine.',
  ),
  metadata_refused: federationUnavailable(
    IDENTITY_SENTENCE,
    "The metadata server rejected the request; this log line contains the status. If the status is 403, check which server sent the response: Google's metadata server, a proxy, or the metadata server of another cloud. Outside Google Cloud, set `identity` to impersonate, file or profile. A status of 429 or 5xx is temporary; if it persists, restart the instance.",
  ),
  metadata_workload_identity_denied: federationUnavailable(
    IDENTITY_SENTENCE,
    'IAM does not allow the Kubernetes service account to impersonate the Google service account that is named in its annotation. Run `gcloud iam service-accounts add-iam-policy-binding GSA_EMAIL --role roles/iam.workloadIdentityUser --member "serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KSA]"`, and check that iamcredentials.googleapis.com is enabled in the Google service account\'s project.',
  ),
  metadata_invalid_response: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server sent something other than an ID token: check which server listens at GCE_METADATA_HOST.',
  ),

  google_login_missing: federationRefused(
    'The Google login that impersonation requires is missing, or its file is invalid. Run `gcloud auth application-default login`. If GOOGLE_APPLICATION_CREDENTIALS is set, it must be the path to the JSON file that this command writes.',
  ),
  google_login_expired: federationRefused(
    'The Google login has expired or was revoked: run `gcloud auth application-default login` again. You do not need to restart the bridge.',
  ),
  impersonation_denied: federationRefused(
    "The Google login is not allowed to impersonate the service account in this log line. On that account, grant the login roles/iam.serviceAccountOpenIdTokenCreator or roles/iam.serviceAccountTokenCreator (both include iam.serviceAccounts.getOpenIdToken). If the reason is SERVICE_DISABLED, enable iamcredentials.googleapis.com in the account's project.",
  ),
  impersonation_no_account: federationRefused(
    'No service account has the email in `identity.impersonate`. Compare the email with the output of `gcloud iam service-accounts list`.',
  ),
  google_refused: federationUnavailable(
    IDENTITY_SENTENCE,
    'Google rejected the login or the impersonation; this log line contains the status. A status of 429 or 5xx is temporary. If the status is 400, check aws.audience and `identity.impersonate`.',
  ),
  google_unreachable: federationUnavailable(
    IDENTITY_SENTENCE,
    'Google is unreachable. Check egress and DNS for oauth2.googleapis.com and iamcredentials.googleapis.com, and check FEDBRIDGE_GOOGLE_APIS.',
  ),
  google_timeout: federationUnavailable(
    IDENTITY_SENTENCE,
    'Google did not respond in time: check egress to oauth2.googleapis.com and iamcredentials.googleapis.com.',
  ),
  google_invalid_response: federationUnavailable(
    IDENTITY_SENTENCE,
    'Google sent neither an access token nor an ID token: check FEDBRIDGE_GOOGLE_APIS, and whether a proxy intercepts the requests.',
  ),

  token_file_unreadable: federationUnavailable(
    IDENTITY_SENTENCE,
    'The token file (`identity.file`) cannot be read; this log line contains the reason. Check the path, the permissions, and whether the program that writes the token is running.',
  ),
  token_file_invalid: federationUnavailable(
    IDENTITY_SENTENCE,
    'The token file (`identity.file`) does not contain a Google ID token. Check the program that writes it: it must write only the token, at most 20,000 characters, and replace the file atomically (rename).',
  ),
  token_file_expired: federationUnavailable(
    IDENTITY_SENTENCE,
    "The token in the token file (`identity.file`) has expired. Tokens expire after an hour, so the program that writes the file must replace the token more often. Check whether the program is running. If it is, check this machine's clock.",
  ),

  profile_unresolved: federationRefused(
    'The AWS profile named in this log line is missing or incomplete. Define it as [profile NAME] in AWS_CONFIG_FILE (default: ~/.aws/config) or as [NAME] in AWS_SHARED_CREDENTIALS_FILE (default: ~/.aws/credentials). The profile must have role_arn and source_profile, or access keys, or credential_process, or all sso_ fields.',
  ),
  profile_cycle: federationRefused(
    'The AWS profile depends on itself. The chain of source_profile settings, starting at the profile named in this log line, must end at a profile with access keys, credential_process or sso_ fields.',
  ),
  profile_process_failed: federationRefused(
    "The AWS profile's credential_process failed, or did not print credentials. To see why, run it manually.",
  ),
  profile_login_expired: federationRefused(
    "The AWS profile's sign-in has expired: run `aws sso login --profile NAME` (or `aws login --profile NAME`). You do not need to restart the bridge.",
  ),
  profile_mfa_refused: federationRefused(
    "AWS did not accept the MFA code. Restart the bridge, or rerun this command, and enter the code that the device currently shows. Each code works only once. Also check that mfa_serial is the ARN or serial number of this user's device.",
  ),
  profile_mfa_expired: federationRefused(
    'The AWS session that was started with an MFA code has expired, or it was never created. Restart the bridge or rerun this command, and enter a new code.',
  ),
  profile_mfa_no_terminal: federationRefused(
    'The AWS profile requires an MFA code, but there is no terminal in which to enter the code. Run the bridge or this command in a terminal, or use a profile without mfa_serial.',
  ),
  profile_denied: federationRefused(
    "AWS did not allow the AWS profile to assume its role. Allow the identity behind the profile's source credentials to call sts:AssumeRole on the role in this log line, and add that identity to the role's trust policy. If the role requires MFA, set mfa_serial in the profile.",
  ),
  profile_credentials_rejected: federationRefused(
    "AWS rejected the AWS profile's credentials. Check whether the credentials have expired, were deleted or contain a typo, and whether this machine's clock is right.",
  ),
  profile_failed: federationRefused(
    'The AWS profile provides no credentials: `aws sts get-caller-identity --profile NAME` shows why.',
  ),
  profile_mfa_awaited: federationUnavailable(
    PROFILE_SENTENCE,
    "The AWS profile requires an MFA code, which has not been entered yet: enter it in the bridge's terminal.",
  ),
  profile_timeout: federationUnavailable(
    PROFILE_SENTENCE,
    'The AWS profile did not provide credentials in time. Check whether its credential_process hangs or waits for input, and whether its sign-in service is reachable.',
  ),
} as const satisfies Record<string, FaultRow>;
