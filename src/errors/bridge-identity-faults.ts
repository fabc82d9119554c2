// The faults of where our own identity comes from: the metadata server, impersonation, a file, an AWS profile.
import { federationRefused, federationUnavailable } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

const IDENTITY_SENTENCE = 'The bridge could not obtain its own identity token. Try again shortly.';
const PROFILE_SENTENCE = 'The bridge could not get credentials in time. Try again shortly.';

export const IDENTITY_FAULTS = {
  metadata_timeout: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server did not answer in time. If it lasts, restart the instance; off Google Cloud there is none.',
  ),
  metadata_unreachable: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server is out of reach: off Google Cloud there is none; check GCE_METADATA_HOST.',
  ),
  metadata_no_account: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server knows no service account (404): attach one to the service or machine.',
  ),
  metadata_refused: federationUnavailable(
    IDENTITY_SENTENCE,
    'The metadata server refused: its status is in this line. Of 403 ask whether it is Google’s, or a proxy’s or another cloud’s: off Google Cloud use `identity` with impersonate, file or profile. 429 and 5xx pass; if they last, restart the instance.',
  ),
  metadata_workload_identity_denied: federationUnavailable(
    IDENTITY_SENTENCE,
    'IAM does not let the Kubernetes service account act as the Google service account that it is annotated with. Run `gcloud iam service-accounts add-iam-policy-binding GSA_EMAIL --role roles/iam.workloadIdentityUser --member "serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KSA]"`, and check that iamcredentials.googleapis.com is enabled in the project of that account.',
  ),
  metadata_invalid_response: federationUnavailable(
    IDENTITY_SENTENCE,
    'What the metadata server sent is not an ID token: is something else listening at GCE_METADATA_HOST?',
  ),

  google_login_missing: federationRefused(
    'There is no Google login to impersonate with, or its file cannot be read as one: run `gcloud auth application-default login`. GOOGLE_APPLICATION_CREDENTIALS, where it is set, must name the file that this writes, which is JSON, or be unset.',
  ),
  google_login_expired: federationRefused(
    'The Google login has ended or was revoked: run `gcloud auth application-default login` again. The bridge need not be restarted.',
  ),
  impersonation_denied: federationRefused(
    'The Google login may not impersonate the account in this line: grant it roles/iam.serviceAccountOpenIdTokenCreator or roles/iam.serviceAccountTokenCreator (iam.serviceAccounts.getOpenIdToken) on that account. With the reason SERVICE_DISABLED, enable iamcredentials.googleapis.com in its project.',
  ),
  impersonation_no_account: federationRefused(
    'There is no service account of the e-mail in `identity.impersonate`: check it against `gcloud iam service-accounts list`.',
  ),
  google_refused: federationUnavailable(
    IDENTITY_SENTENCE,
    'Google refused the login or the impersonation for another reason: its status is in this line. A 5xx or 429 passes; for a 400 check aws.audience and `identity.impersonate`.',
  ),
  google_unreachable: federationUnavailable(
    IDENTITY_SENTENCE,
    'Google is out of reach: check egress and DNS to oauth2.googleapis.com and iamcredentials.googleapis.com, and FEDBRIDGE_GOOGLE_APIS.',
  ),
  google_timeout: federationUnavailable(
    IDENTITY_SENTENCE,
    'Google did not answer in time: check egress to oauth2.googleapis.com and iamcredentials.googleapis.com.',
  ),
  google_invalid_response: federationUnavailable(
    IDENTITY_SENTENCE,
    'What Google sent is neither an access token nor an ID token: is something else listening at FEDBRIDGE_GOOGLE_APIS, or a proxy between?',
  ),

  token_file_unreadable: federationUnavailable(
    IDENTITY_SENTENCE,
    'The file of `identity.file` cannot be read, for the reason in this line: check its path, who may read it, and that whatever writes the token there runs.',
  ),
  token_file_invalid: federationUnavailable(
    IDENTITY_SENTENCE,
    'What the file of `identity.file` holds is not a Google ID token: see what writes it. It must write the token alone, at most 20,000 characters, and replace the file in one step (rename).',
  ),
  token_file_expired: federationUnavailable(
    IDENTITY_SENTENCE,
    'The token in the file of `identity.file` has expired: whatever writes it has stopped, or writes too seldom. It must write a new one before the end of the old one, which lives an hour; if it does, check the clock of this machine.',
  ),

  profile_unresolved: federationRefused(
    'The AWS profile in this line is missing or incomplete. It must be in the file that AWS_CONFIG_FILE names (else ~/.aws/config) as [profile NAME] or in that of AWS_SHARED_CREDENTIALS_FILE (else ~/.aws/credentials) as [NAME], with role_arn and source_profile, or keys, or credential_process, or all sso_ fields.',
  ),
  profile_cycle: federationRefused(
    'The AWS profile leads back to itself: follow each source_profile from the one in this line to a profile that has keys, credential_process or sso_ fields.',
  ),
  profile_process_failed: federationRefused(
    'The credential_process of the AWS profile failed, or did not print credentials: run it by hand.',
  ),
  profile_login_expired: federationRefused(
    'The sign-in behind the AWS profile has ended: run `aws sso login` (or `aws login`) with --profile and its name. The bridge need not be restarted.',
  ),
  profile_mfa_refused: federationRefused(
    'AWS did not accept the MFA code: start the bridge, or this command, anew and enter the code that the device shows then, each only once. Check that mfa_serial is the device of this user.',
  ),
  profile_mfa_expired: federationRefused(
    'An MFA code opens one session, which has ended or did not come about: start the bridge, or this command, anew and enter a new code.',
  ),
  profile_mfa_no_terminal: federationRefused(
    'The AWS profile asks for an MFA code and there is no terminal to ask at: run the bridge, or this command, in one, or use a profile without mfa_serial.',
  ),
  profile_denied: federationRefused(
    'AWS refused to assume the role of the AWS profile: its source must be allowed sts:AssumeRole on the role in this line, and the role must trust it. A role that demands MFA needs mfa_serial in the profile.',
  ),
  profile_credentials_rejected: federationRefused(
    'AWS did not accept the credentials of the AWS profile: they have expired, were deleted or are mistyped, or the clock of this machine is wrong.',
  ),
  profile_failed: federationRefused(
    'The AWS profile gives no credentials: `aws sts get-caller-identity` with --profile and its name says why.',
  ),
  profile_mfa_awaited: federationUnavailable(
    PROFILE_SENTENCE,
    'The AWS profile needs an MFA code, which nobody has entered yet: enter the code at the terminal of the bridge, where it asks for it.',
  ),
  profile_timeout: federationUnavailable(
    PROFILE_SENTENCE,
    'The AWS profile gave no credentials in time: does its credential_process hang or wait for someone, or is its sign-in service out of reach?',
  ),
} as const satisfies Record<string, FaultRow>;
