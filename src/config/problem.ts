// Problems in a configuration, and the error that contains all of them.
import type { Path } from './show.ts';

/** One problem, shown as "`field`: `rule`. `fix`". */
export interface Problem {
  /** A path in the document (`roles.lake.arn`) or the name of a variable. */
  readonly field: string;
  /** The rule that the value breaks, such as "must be …", without a period. */
  readonly rule: string;
  /** How to fix the problem, in complete sentences; may be empty. */
  readonly fix: string;
  /** The number of the line in the document, from 1; absent if the problem has no line. */
  readonly line?: number;
}

/** A problem whose line number is not known yet. */
export interface Finding {
  readonly path: Path;
  readonly rule: string;
  readonly fix: string;
}

/** Describes a problem in one line for a terminal. */
export function describeProblem({ field, rule, fix, line }: Problem): string {
  const sentence = [`${field}: ${rule}.`, fix].filter((part) => part !== '').join(' ');
  return line === undefined ? sentence : `${sentence} (line ${line})`;
}

/** Contains every problem in a configuration. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(
      [`The configuration has ${count}:`, ...problems.map((problem) => `  ${describeProblem(problem)}`)].join(
        '\n',
      ),
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
