// The faults of where our own identity comes from: the metadata server, impersonation, a file, an AWS profile.
import { federationUnavailable } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';

const IDENTITY_SENTENCE = 'The bridge could not obtain its own identity token. Try again shortly.';

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
    'The metadata server refused: its status is in this line.',
  ),
  metadata_nonsense: federationUnavailable(
    IDENTITY_SENTENCE,
    'What the metadata server sent is not an ID token: is something else listening at GCE_METADATA_HOST?',
  ),
} as const satisfies Record<string, FaultRow>;
