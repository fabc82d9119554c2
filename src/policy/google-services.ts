// The Google services that read S3 with one of Google's own accounts, and how to find the account's ID, which the role's trust
// policy pins.

export type GoogleServiceName = 'storage-transfer' | 'bigquery';

export interface GoogleService {
  readonly name: GoogleServiceName;
  /** The `sub` of the service's tokens; undefined if the user did not give it. */
  readonly subject?: string;
}

interface Account {
  /** A noun phrase for the service or resource that the account belongs to. */
  readonly owner: string;
  /** Google's name for the tokens' `sub` claim. */
  readonly id: string;
  /** The option of `fedbridge trust-policy` for this ID, without the hyphens. */
  readonly option: 'subject-id' | 'identity';
  /** The command that prints the ID. */
  readonly command: string;
}

export const SERVICE_ACCOUNTS: Readonly<Record<GoogleServiceName, Account>> = {
  // If the Storage Transfer Service API is disabled, the response to this request reports that. A transfer job would report only
  // that STS denied access.
  'storage-transfer': {
    owner: 'Storage Transfer Service',
    id: 'subject ID',
    option: 'subject-id',
    command:
      'curl -sH "Authorization: Bearer $(gcloud auth print-access-token)" https://storagetransfer.googleapis.com/v1/googleServiceAccounts/PROJECT',
  },
  bigquery: {
    owner: 'the BigQuery connection',
    id: 'identity',
    option: 'identity',
    command: 'bq show --connection --format=prettyjson PROJECT.LOCATION.CONNECTION',
  },
};
