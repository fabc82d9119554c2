// Runs a command that prints one result. Only the result is written to standard output, so that programs can read it.
import { ConfigError, describeProblem } from '../config/problem.ts';
import { escapeText, quote } from '../config/show.ts';
import { FAULTS } from '../errors/table.ts';
import { asFault } from '../errors/fault.ts';
import type { Fault } from '../errors/fault.ts';
import { HelpRequested, UsageError } from './arguments.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';

export interface Result {
  readonly text: string;
  /** The exit code: 1 if the text reports a failure, 3 if it reports only warnings, otherwise 0. */
  readonly code: 0 | 1 | 3;
}

/** Thrown if a command cannot get something that it needs. The message describes what is missing, and why. */
export class Failure extends Error {
  readonly fault: Fault;

  /** @param what a clause, such as "role lake could not be assumed" */
  constructor(what: string, error: unknown) {
    super(what);
    this.name = 'Failure';
    this.fault = asFault(error);
  }
}

/**
 * Ends the process, because Google's libraries keep retrying after the deadline. The exit code is the result's `code`, 1 if
 * there is no result or it could not be written, or 2 for wrong usage. Errors go to standard error, one per line. If the reader
 * has closed the pipe, as `head` does, no error is reported.
 * @param usage the text that is printed as the result if `make` throws HelpRequested
 * @param make creates the result; may throw HelpRequested, UsageError, ConfigError and Failure
 */
export async function printResult(
  command: string,
  usage: string,
  make: () => MaybePromise<Result>,
): Promise<never> {
  const report = (lines: readonly string[], after = ''): Promise<void> =>
    write(process.stderr, lines.map((line) => `fedbridge ${command}: ${line}\n`).join('') + after).catch(
      () => undefined,
    );
  let result: Result;
  try {
    result = await make();
  } catch (error) {
    if (error instanceof UsageError) {
      await report([error.message], usage);
      return process.exit(2);
    }
    if (!(error instanceof HelpRequested)) {
      await report(linesOf(error));
      return process.exit(1);
    }
    result = { text: usage, code: 0 };
  }
  try {
    await write(process.stdout, result.text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (!READER_GONE.has(code))
      await report([
        `standard output: the result could not be written (${code}). Check whether the disk is full.`,
      ]);
    return process.exit(1);
  }
  return process.exit(result.code);
}

/** The error codes for a closed pipe, for a pipe that was closed before the first write, and for a closed socket. */
const READER_GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET']);

function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems.map(describeProblem);
  if (error instanceof Failure) return [`${error.message}: ${describeFault(error.fault)}`];
  return [describeFault(asFault(error))];
}

/** Describes a fault in one line for a terminal: its code, what was compared or requested, and the fix. */
export function describeFault({ code, detail }: Fault): string {
  const details = detailOf(detail).map(([name, value]) => `${name} ${shown(value)}`);
  const why = details.length === 0 ? code : `${code} (${details.join(', ')})`;
  return `${why}. ${FAULTS[code].fix}`;
}

/** Returns the fields of a fault's detail that have a value. No field of the detail contains a secret (see `FaultDetail`). */
export const detailOf = (detail: Fault['detail']): [name: string, value: string | number | boolean][] =>
  Object.entries(detail).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));

/** Formats a value for a terminal. A single word is not quoted, so that users can easily copy an ARN. */
export function shown(value: string | number | boolean): string {
  const text = String(value);
  return /^[\w:/@.+=#-]+$/.test(text) ? escapeText(text) : quote(text);
}

/** Writes the text, and resolves only when everything has been written, because the process exits immediately afterwards. */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  // If the reader has closed the pipe, Node emits an error event in addition to calling the callback. Without a listener, that
  // event would end the process.
  stream.once('error', reject);
  stream.write(text, (error) => {
    if (error) reject(error);
    else resolve(undefined);
  });
  return promise;
}
