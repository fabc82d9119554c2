// How Google names things: issuers of its tokens, projects, and the service accounts of a project.

/** Both spellings are Google's (Google Identity, "Verify the Google ID token on your server side"). */
export const GOOGLE_ISSUERS: readonly string[] = ['https://accounts.google.com', 'accounts.google.com'];

/** Google's e-mails compare without regard to case, and verified ones arrive in lower case. */
export const GOOGLE_EMAIL =
  /^[\w.+'%-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** Of an account. Google documents no length; 21 digits are usual. */
export const UNIQUE_ID = /^\d{10,30}$/;

/** Resource Manager, Project.projectId; before the colon the domain of an old, domain-scoped project. */
export const PROJECT_ID =
  /^(?:(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

const SERVICE_ACCOUNT = /^([^@]+)@([^@]+)\.iam\.gserviceaccount\.com$/;

export interface ServiceAccountName {
  /** The part before the `@`. */
  readonly local: string;
  readonly project: string;
}

/** @returns undefined unless it is the e-mail of a service account that a project's owner created: Google's own have other domains */
export function parseServiceAccount(email: string): ServiceAccountName | undefined {
  const [, local, project] = SERVICE_ACCOUNT.exec(email) ?? [];
  return local === undefined || project === undefined ? undefined : { local, project };
}

const APP_ENGINE_DEFAULT = /^([^@]+)@appspot\.gserviceaccount\.com$/;

/** @returns the project whose ID the e-mail contains: of an account that its owner created, or App Engine's default one */
export const projectInEmail = (email: string): string | undefined =>
  parseServiceAccount(email)?.project ?? APP_ENGINE_DEFAULT.exec(email)?.[1];

/** Compute Engine's default account, which Cloud Run uses by default as well. Its e-mail contains the project's number, not its ID. */
export const isComputeDefault = (email: string): boolean =>
  /^\d+-compute@developer\.gserviceaccount\.com$/.test(email);

/** Whether the e-mail is a service account's, Google's own included. */
export const isServiceAccount = (email: string): boolean => email.endsWith('.gserviceaccount.com');
