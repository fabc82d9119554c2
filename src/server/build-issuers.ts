// Builds the issuers that callers' tokens may come from; on the console, Identity-Aware Proxy is the only one.
import { iapIssuer } from '../auth/iap-assertion.ts';
import { trustedIssuers } from '../auth/trusted-issuer.ts';
import type { OnKeysFailed, TrustedIssuers } from '../auth/trusted-issuer.ts';
import type { Config } from '../config/types.ts';
import type { Log } from '../observability/log.ts';
import { faultLogger } from '../observability/log-fields.ts';

/** @returns the part of a configuration that {@link buildIssuers} uses */
export const issuerInputs =
  (isConsole: boolean) =>
  ({ audiences, certsUrl, issuers, iapKeysUrl, console }: Config): readonly unknown[] =>
    isConsole ? [iapKeysUrl, console] : [audiences, certsUrl, issuers];

/** @param previous the issuers in use until now, which keep their keys */
export function buildIssuers(
  { certsUrl, audiences, issuers, iapKeysUrl, console }: Config,
  { log, isConsole }: { readonly log: Log; readonly isConsole: boolean },
  previous: TrustedIssuers | undefined,
): TrustedIssuers {
  const logFault = faultLogger(log);
  const onKeysFailed: OnKeysFailed = (fault, { issuer, isFirst }) => {
    const whose = issuer === undefined ? "Google's keys" : `the keys of issuer ${issuer}`;
    if (!isFirst) logFault('WARNING', `${whose} could not be refreshed; the known keys stay in use`, fault);
    // Does not log missing keys of Google, because every request logs this fault until the keys have been fetched.
    else if (issuer !== undefined)
      logFault('ERROR', `${whose} could not be fetched; callers of other issuers are not affected`, fault);
  };
  if (isConsole) {
    if (console === undefined)
      throw new Error('the console was started before its configuration was checked');
    return iapIssuer({ keysUrl: iapKeysUrl, audience: console.audience, onKeysFailed }, previous);
  }
  return trustedIssuers({ certsUrl, audiences, issuers, onKeysFailed }, previous);
}
