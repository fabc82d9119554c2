// How a command ends that prints one result for a program to read: the result alone on standard output, or nothing there.
import { ConfigError, describeProblem } from '../config/problem.ts';
import { escapeText, quote } from '../config/show.ts';
import { FAULTS } from '../errors/table.ts';
import { asFault } from '../errors/fault.ts';
import type { Fault } from '../errors/fault.ts';
import { HelpRequested, UsageError } from './arguments.ts';

export interface Result {
  readonly text: string;
  /** 1 where the text itself tells of something that fails, 3 where of something doubtful. */
  readonly code: 0 | 1 | 3;
}

/** Carries what could not be had, beside why. */
export class Failure extends Error {
  readonly fault: Fault;

  /** @param what a clause, as in "role lake could not be assumed" */
  constructor(what: string, error: unknown) {
    super(what);
    this.name = 'Failure';
    this.fault = asFault(error);
  }
}

/**
 * Ends the process, as Google's libraries go on trying behind our deadline and nobody should wait for that: with the result's
 * code; with 1 where there is none or it could not be written; with 2 for wrong usage. Errors go to standard error, one a line;
 * but a reader that has gone, as `head` does, is not told of.
 * @param usage is itself the result where `make` throws HelpAsked
 * @param make may throw HelpAsked, UsageError, ConfigError and Failure
 */
export async function printResult(
  command: string,
  usage: string,
  make: () => Result | Promise<Result>,
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
      await report([`standard output: must take the result, and did not (${code}). Is a disk full?`]);
    return process.exit(1);
  }
  return process.exit(result.code);
}

/** Of a pipe; of one whose reader had gone before anything was written; of a socket. */
const READER_GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET']);

function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems.map(describeProblem);
  if (error instanceof Failure) return [`${error.message}: ${describeFault(error.fault)}`];
  return [describeFault(asFault(error))];
}

/** A fault as one line for a terminal: its code, what was compared or asked, and the fix. */
export function describeFault({ code, detail }: Fault): string {
  const told = detailOf(detail).map(([name, value]) => `${name} ${shown(value)}`);
  const why = told.length === 0 ? code : `${code} (${told.join(', ')})`;
  return `${why}. ${FAULTS[code].fix}`;
}

/** What a fault's detail says; of no secret, see `FaultDetail`. */
export const detailOf = (detail: Fault['detail']): [name: string, value: string | number | boolean][] =>
  Object.entries(detail).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));

/** Plain where it is one word, so that an ARN can be copied whole. */
export function shown(value: string | number | boolean): string {
  const text = String(value);
  return /^[\w:/@.+=#-]+$/.test(text) ? escapeText(text) : quote(text);
}

/** Resolves when all is written, as the process ends next. */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  // A reader that has gone is told twice, and nobody else listens.
  stream.once('error', reject);
  stream.write(text, (error) => {
    if (error) reject(error);
    else resolve(undefined);
  });
  return promise;
}
