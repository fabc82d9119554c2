// Who asks: what a verified Google ID token says about its holder, and nothing else.

export interface Caller {
  /** `sub`: the account's numeric unique ID, which no other account ever gets. */
  readonly subject: string;
  /** Lower-case; only where Google says that it is verified. Standard-format tokens of Cloud Run carry none. */
  readonly email?: string;
}
