// Maps an outcome in the fault table to the expected response and log line.
import { FAULTS } from '../../src/errors/table.ts';
import type { FaultCode } from '../../src/errors/table.ts';
import type { Outcome } from './rows.ts';
import type { Answer } from './observation.ts';

/** Returns undefined if the fault cannot occur at this upstream. */
export function answerOf(outcome: Outcome): Answer | undefined {
  switch (outcome) {
    case 'served':
      return { status: 200, body: 'whole' };
    case 'cut':
      return { status: 200, body: 'cut' };
    case 'believed':
      return { status: 200, body: 'less' };
    default: {
      if (typeof outcome === 'string') {
        const { status, s3Code, outcome: error } = FAULTS[outcome];
        return { status, s3Code, error };
      }
      return 'never' in outcome ? undefined : outcome;
    }
  }
}

export function faultOf(outcome: Outcome): FaultCode | undefined {
  const isFault = typeof outcome === 'string' && Object.hasOwn(FAULTS, outcome);
  return isFault ? (outcome as FaultCode) : undefined;
}

export const applies = (outcome: Outcome): boolean => answerOf(outcome) !== undefined;
