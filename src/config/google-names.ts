// The names and formats that Google uses for token issuers, emails, unique IDs, projects, and service accounts.

/**
 * The two values that the claim `iss` of Google's tokens may have (Google Identity, "Verify the Google ID token on your server
 * side").
 */
export const GOOGLE_ISSUERS: readonly string[] = ['https://accounts.google.com', 'accounts.google.com'];

/**
 * The word before the colon that names a person in a grant: `user:EMAIL`. Only an assertion of Identity-Aware Proxy identifies
 * a person.
 */
export const PERSON = 'user';

/** The format of an email. Google compares emails without regard to case, and sends verified emails in lower case. */
export const GOOGLE_EMAIL =
  /^[\w.+'%-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** The unique ID of a Google account. Google documents no length, but IDs usually have 21 digits. */
export const UNIQUE_ID = /^\d{10,30}$/;

/** The format of project IDs (Resource Manager, Project.projectId). Old project IDs may begin with a domain and a colon. */
export const PROJECT_ID =
  /^(?:(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

const SERVICE_ACCOUNT = /^([^@]+)@([^@]+)\.iam\.gserviceaccount\.com$/;

export interface ServiceAccountName {
  /** The part of the email before the `@`. */
  readonly local: string;
  readonly project: string;
}

/**
 * Splits the email of a service account that a user created. Returns undefined for other emails, including those of service
 * accounts that Google creates, which have other domains.
 */
export function parseServiceAccount(email: string): ServiceAccountName | undefined {
  const [, local, project] = SERVICE_ACCOUNT.exec(email) ?? [];
  return local === undefined || project === undefined ? undefined : { local, project };
}

const APP_ENGINE_DEFAULT = /^([^@]+)@appspot\.gserviceaccount\.com$/;

/** @returns the project ID in the email of a user-created service account, or of App Engine's default service account */
export const projectInEmail = (email: string): string | undefined =>
  parseServiceAccount(email)?.project ?? APP_ENGINE_DEFAULT.exec(email)?.[1];

/**
 * Whether the email belongs to Compute Engine's default account, which Cloud Run uses by default as well. Such an email contains
 * the project's number, not its ID.
 */
export const isComputeDefault = (email: string): boolean =>
  /^\d+-compute@developer\.gserviceaccount\.com$/.test(email);

/** Whether the email belongs to a service account, including those that Google creates. */
export const isServiceAccount = (email: string): boolean => email.endsWith('.gserviceaccount.com');
