// The error class for rejections and failures, and the conversion of other errors to it.
import type { FaultCode } from './table.ts';

/** Values for the log line. They must not include a token, key or signature. */
export type FaultDetail = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * A rejection or failure with a row in {@link FAULTS}. The fault's `message` is only the code; the sentence for the caller is
 * looked up in the table when the fault is reported.
 */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: FaultDetail;
  /**
   * An additional sentence for the caller, which follows the row's sentence. The same rules apply to both, except that the
   * addition may contain text from the caller's request.
   */
  readonly addition: string | undefined;

  constructor(code: FaultCode, detail: FaultDetail = {}, addition?: string) {
    super(code);
    this.name = 'Fault';
    this.code = code;
    this.detail = detail;
    this.addition = addition;
  }
}

/** Converts any thrown value into a fault. A value that is not a fault indicates a bug in the bridge. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('internal', { error: describeUnknown(error) });
}

/** Returns the error's class and stack frames without its message, because libraries put tokens into messages. */
export function describeUnknown(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return [error.name, ...frames].join('\n');
}

/** Matches Node's own error codes for invalid arguments, and for system calls that do not involve a socket. */
const LOCAL_CODE = /^ERR_(?:SYSTEM_ERROR|INVALID_)/;

/**
 * Distinguishes local errors from connection errors, so that no upstream is blamed for a local error.
 * @returns whether the error occurred on this machine and not on a connection; false if that cannot be determined
 */
export function isLocalError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string')
    // Only an error about a file has a `path`.
    return LOCAL_CODE.test(error.code) || 'path' in error;
  // A TypeError with a cause is not local, because `fetch` reports a lost connection in this way.
  return error.cause === undefined && (error instanceof TypeError || error instanceof ReferenceError);
}
