// The caller: what a verified Google ID token says about its holder, and nothing else.

export interface Caller {
  /** `sub`: the account's numeric unique ID, which no other account ever gets. */
  readonly subject: string;
  /** Lower-case; only if Google says that it is verified. Standard-format tokens of Cloud Run have none. */
  readonly email?: string;
}
