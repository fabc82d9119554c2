// A refusal or failure on its way from where it is found to where it is told.
import type { FaultCode } from './table.ts';

/** Values for the log line alone. No token, key or signature belongs here. */
export type FaultDetail = Readonly<Record<string, string | number | boolean | undefined>>;

/** A refusal or failure with a row in {@link FAULTS}. Its message is the code: the sentence is looked up where it is told. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: FaultDetail;
  /** A sentence for the caller after the row's own; it follows the same rules, and may hold text of the caller's. */
  readonly addition: string | undefined;

  constructor(code: FaultCode, detail: FaultDetail = {}, addition?: string) {
    super(code);
    this.name = 'Fault';
    this.code = code;
    this.detail = detail;
    this.addition = addition;
  }
}

/** Any thrown value as a fault; what is not one is a bug of ours. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('internal', { error: describeUnknown(error) });
}

/** Its class and where it comes from, without its message: libraries put tokens into theirs. */
export function describeUnknown(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return [error.name, ...frames].join('\n');
}
