// Checks a caller's identity token: whether the caller gets one, and whether a bridge could accept the token's claims.
import { describeProblem } from '../../config/problem.ts';
import { GOOGLE_ISSUERS } from '../../config/google-names.ts';
import { escapeText } from '../../config/show.ts';
import type { Fault } from '../../errors/fault.ts';
import { decodeJwt } from '../../identity/identity-token.ts';
import type { IdentityToken } from '../../identity/identity-token.ts';
import type { Examination } from '../../doctor/step-report.ts';
import { tokenProblem } from '../token-problem.ts';

const STEP = 'identity token';

export function withoutToken(fault: Fault): Examination {
  const problem = tokenProblem(fault);
  return {
    step: STEP,
    outcome: 'wrong',
    found: `not available: ${describeProblem({ ...problem, fix: '' }).replace(/\.$/, '')}`,
    fault: fault.code,
    fix: problem.fix,
  };
}

/** @param audience the audience that the bridge accepts */
export function judgeToken(token: IdentityToken, audience: string): Examination {
  const { iss, aud, email_verified: verified } = decodeJwt(token.jwt).claims ?? {};
  // The claim `aud` may be a string or a list; Kubernetes always writes a list.
  const audiences = [aud].flat().filter((one) => typeof one === 'string');
  const isGoogles = typeof iss === 'string' && GOOGLE_ISSUERS.includes(iss);
  const { sub, email } = token.claims;
  const seconds = Math.round((token.expiresAt - Date.now()) / 1000);
  const hasEmail = email !== undefined && verified === true;
  const compared = {
    issuer: typeof iss === 'string' ? iss : 'none',
    audience: audiences.length === 0 ? 'none' : audiences.join(', '),
    email: email === undefined ? 'none' : `${email}${verified === true ? '' : ' (not verified)'}`,
    'unique ID': sub ?? 'none',
    'seconds left': seconds,
  };
  const judged = (outcome: Examination['outcome'], found: string, fix: string): Examination => ({
    step: STEP,
    outcome,
    found,
    compared,
    fix,
  });
  if (!audiences.includes(audience))
    return judged('wrong', `its audience is not ${escapeText(audience)}`, WRONG_AUDIENCE);
  if (seconds <= 0) return judged('wrong', `by this machine's clock, it expired ${-seconds} s ago`, CLOCK);
  // The bridge ignores emails in tokens of issuers other than Google.
  if (!isGoogles)
    return { step: STEP, outcome: 'fine', found: `belongs to ${escapeText(sub ?? '')}`, compared };
  if (!hasEmail)
    return judged(
      'doubtful',
      'it contains no verified email, so only grants to the unique ID match',
      NO_EMAIL,
    );
  return { step: STEP, outcome: 'fine', found: `belongs to ${escapeText(email)}`, compared };
}

const WRONG_AUDIENCE =
  'Request the token for the audience of the bridge. Check the program that writes the token file, or check which server listens at GCE_METADATA_HOST.';
const CLOCK = "Correct this machine's clock.";
const NO_EMAIL = 'Ask the operator for a grant to the unique ID, or use a service account with an email.';
