// One mistake in a trust policy: the statement that has it, what is said of it, and what STS makes of it.
import { statement } from './policies.ts';

/**
 * `refused`: the bridge's own token. `opens to`: a token that should not open the role does. `works`: as without the mistake,
 * as far as the sandbox tells. `malformed`: IAM does not take the policy.
 */
export type AtSts =
  | 'refused'
  | 'works'
  | 'malformed'
  | 'opens to a stranger'
  | 'opens to another service'
  | 'opens to a neighbour'
  | 'opens to another subject'
  | 'opens to another party';

export interface Mistake {
  readonly what: string;
  readonly statement: object;
  /** One for each line. */
  readonly said: readonly RegExp[];
  readonly atSts: AtSts;
}

export const mistake = (
  what: string,
  changes: object,
  said: RegExp | readonly RegExp[],
  atSts: AtSts,
): Mistake => ({
  what,
  statement: statement({ ...changes }),
  said: [said].flat(),
  atSts,
});

export const conditioned = (
  what: string,
  Condition: object,
  said: RegExp | readonly RegExp[],
  atSts: AtSts,
) => mistake(what, { Condition }, said, atSts);
