// Tells the operator of a fault that no request waits for: its code, what was compared, and the remedy.
import { FAULTS } from '../errors/table.ts';
import type { Fault } from '../errors/fault.ts';
import type { Log, Severity } from './log.ts';

export type LogFault = (severity: Severity, message: string, fault: Fault) => void;

export function faultLogger(log: Log): LogFault {
  return (severity, message, { code, detail }) => {
    log(severity, message, { fault: code, cause: detail, remedy: FAULTS[code].fix });
  };
}
