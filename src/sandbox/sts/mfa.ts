// The MFA code of an AssumeRole: whose device it is, whether it is right, and what a policy may test of it.
import type { Principal } from '../iam/credentials.ts';
import type { Context } from '../iam/pattern.ts';
import type { Parameters } from './parameters.ts';
import { StsError } from './sts-error.ts';

/** AWS's sentences: of a wrong code the last ends in a space, the other has two in its middle. */
const WRONG_CODE = 'MultiFactorAuthentication failed with invalid MFA one time pass code. ';
const WRONG_DEVICE =
  'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.';
const HALF = 'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.';

/**
 * The condition keys of this request; none where it brings no code. Long-term keys have no `aws:MultiFactorAuthPresent`
 * by themselves, not even `false`. Throws AWS's AccessDenied, or ValidationError where one of the two is missing.
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
