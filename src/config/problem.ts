// What is wrong with a configuration: one `Problem` for each fault, and the error that carries all of them at once.
import type { Path } from './show.ts';

/** One fault, in the parts of a sentence: "`field`: `rule`. `fix`". */
export interface Problem {
  /** A path in the document (`roles.lake.arn`) or the name of a variable. */
  readonly field: string;
  /** What the value must be and is not, with no full stop. */
  readonly rule: string;
  /** What to do about it, whole sentences; may be empty. */
  readonly fix: string;
  /** Line of the document, counted from 1, where there is one. */
  readonly line?: number;
}

/** A problem of which the place is not looked up yet. */
export interface Finding {
  readonly path: Path;
  readonly rule: string;
  readonly fix: string;
}

/** A problem as one line for a terminal. */
export function describeProblem({ field, rule, fix, line }: Problem): string {
  const sentence = [`${field}: ${rule}.`, fix].filter((part) => part !== '').join(' ');
  return line === undefined ? sentence : `${sentence} (line ${line})`;
}

/** Thrown once for a configuration, with everything that is wrong with it. */
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
