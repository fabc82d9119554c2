// The caller of a request: the identity that authentication returns and that all later steps use.
import { PERSON } from '../config/google-names.ts';

/** The identity in a verified token. It contains no permissions. */
export interface Caller {
  /**
   * The caller's ID, which is unique among the callers of all issuers. For Google, it is `sub`, the account's numeric unique
   * ID, which is never reused. For another issuer, it is the issuer's name and the subject, as in a grant:
   * `gke-prod:NAMESPACE/SERVICEACCOUNT`. For a person whom Identity-Aware Proxy has authenticated, it is `user:EMAIL`. All code
   * that distinguishes callers uses only this value.
   */
  readonly subject: string;
  /** The name of the issuer in the configuration, or `user` for a person; absent for Google's ID tokens. */
  readonly issuer?: string;
  /**
   * The caller's email in lower case, if Google has verified it. On Cloud Run, tokens in the standard format contain no email.
   * The field is absent for issuers other than Google, because the bridge does not trust their claims about emails.
   */
  readonly email?: string;
}

/** Whether Identity-Aware Proxy has authenticated the caller. People use only the console, which issues no AWS credentials. */
export const isPerson = ({ issuer }: Caller): boolean => issuer === PERSON;
