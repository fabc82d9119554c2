// Decides whether a caller is an operator, who may read what the process has done for all callers.
import type { CallerPattern } from '../config/types.ts';
import { Fault } from '../errors/fault.ts';
import type { Caller } from './caller.ts';
import { matchingPatterns } from './grants.ts';

/** @param operators the callers in `operators` in the configuration */
export const isOperator = (caller: Caller, operators: readonly CallerPattern[]): boolean =>
  matchingPatterns(caller, operators).length > 0;

/** @throws Fault not_granted */
export function authorizeOperator(caller: Caller, operators: readonly CallerPattern[]): void {
  if (!isOperator(caller, operators)) throw new Fault('not_granted');
}
