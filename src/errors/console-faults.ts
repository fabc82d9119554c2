// Rows of the fault table for requests to the console, the web page for people.
import { invalid, unauthenticated } from './fault-row.ts';
import type { FaultRow } from './fault-row.ts';

export const CONSOLE_FAULTS = {
  assertion_missing: unauthenticated(
    'This request did not come through Identity-Aware Proxy, which signs in the users of this page.',
    "No action needed unless everyone gets this error. In that case, turn on Identity-Aware Proxy for the console's service.",
  ),
  assertion_invalid: unauthenticated(
    'The signed assertion from Identity-Aware Proxy is not valid. Reload the page.',
    '`cause.check` names the check that failed. For token_audience_invalid, compare `cause.aud` with `console.audience` in the configuration. For token_expired and token_not_yet_valid, check the clock of this machine. For token_key_unknown, check FEDBRIDGE_IAP_KEYS. token_claims_invalid means that the person did not sign in with a Google account.',
  ),
  not_own_page: {
    ...invalid(
      'AccessDenied',
      "Only the console's own page may read this. Open the console in a browser.",
      "No action needed: another website, or a program that is not a browser, requested the console's data.",
    ),
    status: 403,
  },
} as const satisfies Record<string, FaultRow>;
