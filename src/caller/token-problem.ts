// Explains why a caller gets no identity token. The explanations are for people who run S3 clients, whereas the fixes in the
// fault table are for the bridge's operator.
import type { Problem } from '../config/problem.ts';
import type { Fault, FaultDetail } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';

const OFF_GOOGLE_CLOUD =
  'Outside Google Cloud there is no metadata server: impersonate a service account, as shown in docs/how-to/clients.';

const refusedBy = ({ status }: FaultDetail): Problem => ({
  field: 'metadata server',
  rule: `must respond with status 200, but responded with ${String(status)}`,
  fix: 'Try again. If the problem persists, check GCE_METADATA_HOST.',
});

const METADATA: Partial<Record<FaultCode, (detail: FaultDetail) => Problem>> = {
  metadata_timeout: () => ({
    field: 'metadata server',
    rule: 'must respond within 5 s, but did not',
    fix: `Try again. If the problem persists, restart the machine. ${OFF_GOOGLE_CLOUD}`,
  }),
  metadata_unreachable: () => ({
    field: 'metadata server',
    rule: 'must be reachable, but is not',
    fix: `On Google Cloud, check GCE_METADATA_HOST. ${OFF_GOOGLE_CLOUD}`,
  }),
  metadata_no_account: () => ({
    field: 'metadata server',
    rule: 'must have a service account, but has none',
    fix: 'Attach a service account to this machine or service. On GKE, link the Kubernetes service account to a Google service account.',
  }),
  metadata_refused: refusedBy,
  metadata_workload_identity_denied: refusedBy,
  metadata_invalid_response: () => ({
    field: 'metadata server',
    rule: 'must respond with an ID token, but responded with something else',
    fix: 'Check which server listens at GCE_METADATA_HOST.',
  }),
};

const LOG_IN = 'Run `gcloud auth application-default login`.';

const IMPERSONATION: Partial<Record<FaultCode, (detail: FaultDetail) => Problem>> = {
  google_login_missing: () => ({
    field: 'Google login',
    rule: 'must exist, but is missing or its file is invalid',
    fix: `${LOG_IN} If GOOGLE_APPLICATION_CREDENTIALS is set, it must be the path of the file that this command writes.`,
  }),
  google_login_expired: () => ({
    field: 'Google login',
    rule: 'must be valid, but has expired or was revoked',
    fix: LOG_IN,
  }),
  impersonation_denied: ({ account }) => ({
    field: 'Google login',
    rule: `must be allowed to impersonate ${String(account)}, but is not`,
    fix: 'Ask for roles/iam.serviceAccountOpenIdTokenCreator on that service account, and check that iamcredentials.googleapis.com is enabled in its project.',
  }),
  impersonation_no_account: ({ account }) => ({
    field: '--as',
    rule: `must be the email of an existing service account, but ${String(account)} does not exist`,
    fix: 'Compare the email with the output of `gcloud iam service-accounts list`.',
  }),
  google_refused: ({ status }) => ({
    field: 'Google',
    rule: `must accept the request for a token, but responded with ${String(status)}`,
    fix: 'Try again. For a 400, check --audience and --as.',
  }),
  google_unreachable: () => ({
    field: 'Google',
    rule: 'must be reachable, but is not',
    fix: 'Check the network, and DNS for oauth2.googleapis.com and iamcredentials.googleapis.com.',
  }),
  google_timeout: () => ({
    field: 'Google',
    rule: 'must respond within 6 s, but did not',
    fix: 'Try again. If the problem persists, check the network.',
  }),
  google_invalid_response: () => ({
    field: 'Google',
    rule: 'must respond with a token, but responded with something else',
    fix: 'Check whether a proxy intercepts requests to googleapis.com.',
  }),
};

const FILE: Partial<Record<FaultCode, (detail: FaultDetail) => Problem>> = {
  token_file_unreadable: ({ error }) => ({
    field: '--token-file',
    rule: `must be a readable file, but reading it failed (${String(error)})`,
    fix: 'Check the path and its permissions, and whether the program that writes the token is running.',
  }),
  token_file_invalid: () => ({
    field: '--token-file',
    rule: 'must contain only an identity token, but contains something else',
    fix: 'Check the program that writes the file. The program must replace the file atomically (rename).',
  }),
  token_file_expired: ({ expiredAt }) => ({
    field: '--token-file',
    rule: `must contain a valid token, but the token expired at ${String(expiredAt)}`,
    fix: "Check whether the program that writes the file is running, and check this machine's clock.",
  }),
};

const PROBLEMS: Partial<Record<FaultCode, (detail: FaultDetail) => Problem>> = {
  ...METADATA,
  ...IMPERSONATION,
  ...FILE,
  token_expired: ({ expiration }) => ({
    field: 'identity token',
    rule: `must still be valid, but expired at ${String(expiration)}`,
    fix: "Correct this machine's clock.",
  }),
};

const BUG: Problem = { field: 'fedbridge', rule: 'failed', fix: 'This is a bug: please report it.' };

/** @param fault why a token source or a command failed */
export const tokenProblem = ({ code, detail }: Fault): Problem => PROBLEMS[code]?.(detail) ?? BUG;
