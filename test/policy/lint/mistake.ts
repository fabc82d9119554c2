// A mistake in a trust policy: the mistaken statement, the expected findings, and the effect in STS.
import { statement } from './policies.ts';

/**
 * `rejected`: STS rejects the bridge's own token. `opens to`: STS accepts a token that must not assume the role.
 * `works`: the mistake has no effect in the sandbox. `malformed`: IAM rejects the policy.
 */
export type AtSts =
  | 'rejected'
  | 'works'
  | 'malformed'
  | 'opens to a stranger'
  | 'opens to another service'
  | 'opens to a neighbor'
  | 'opens to another subject'
  | 'opens to another party';

export interface Mistake {
  readonly what: string;
  readonly statement: object;
  /** One pattern for each line of output. */
  readonly expected: readonly RegExp[];
  readonly atSts: AtSts;
}

export const mistake = (
  what: string,
  changes: object,
  expected: RegExp | readonly RegExp[],
  atSts: AtSts,
): Mistake => ({
  what,
  statement: statement({ ...changes }),
  expected: [expected].flat(),
  atSts,
});

export const conditioned = (
  what: string,
  Condition: object,
  expected: RegExp | readonly RegExp[],
  atSts: AtSts,
) => mistake(what, { Condition }, expected, atSts);
