// Checks an AssumeRole request's MFA code, and returns the MFA condition keys.
import type { Principal } from '../iam/credentials.ts';
import type { Context } from '../iam/pattern.ts';
import type { Parameters } from './parameters.ts';
import { StsError } from './sts-error.ts';

/** AWS's exact messages, including the final space and the double space. */
const WRONG_CODE = 'MultiFactorAuthentication failed with invalid MFA one time pass code. ';
const WRONG_DEVICE =
  'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.';
const HALF = 'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.';

/**
 * Returns the MFA condition keys, or an empty map if the request has no MFA code. As in AWS, the key
 * `aws:MultiFactorAuthPresent` is missing for a request with long-term keys and no code. Throws AccessDenied for a wrong code,
 * and ValidationError if only the serial number or only the code is present.
 */
export function checkMfa(
  { SerialNumber, TokenCode }: Parameters,
  principal: Principal,
  nowMs: number,
): Context {
  if (SerialNumber === undefined && TokenCode === undefined) return new Map();
  if (SerialNumber === undefined || TokenCode === undefined) throw new StsError('ValidationError', HALF);
  const device = principal.kind === 'user' ? principal.user.mfa : undefined;
  if (device?.serialNumber !== SerialNumber) throw new StsError('AccessDenied', WRONG_DEVICE);
  if (!device.accept(TokenCode, nowMs)) throw new StsError('AccessDenied', WRONG_CODE);
  return new Map([
    ['aws:multifactorauthpresent', ['true']],
    ['aws:multifactorauthage', ['0']],
  ]);
}
