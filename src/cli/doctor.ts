// `fedbridge doctor`: checks each step of the bridge's path, and reports what was compared and how to fix problems.
import { rejectProfileLoop, readPlatform } from '../config/load.ts';
import { readConfigIn } from './read-config.ts';
import { ConfigError } from '../config/problem.ts';
import { examine, surroundings } from '../doctor/examine.ts';
import { OUTCOMES } from '../doctor/step-report.ts';
import type { Examination, Examined, Outcome } from '../doctor/step-report.ts';
import { readTrustFile } from '../doctor/trust-file.ts';
import type { TrustFile } from '../doctor/trust-file.ts';
import { createRoleAccess } from '../server/role-access.ts';
import { readArguments } from './arguments.ts';
import { promptMfaCode } from './prompt-mfa-code.ts';
import { printResult, shown } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge doctor [--config FILE] [--trust-policy FILE] [--json]

Takes the same steps as the bridge, from the metadata server through STS to each bucket, and reports problems and fixes.
For each grant that it checks, reads one byte of one object and tries a read and a list outside the grant. Changes nothing.

  --config FILE        use this configuration instead of FEDBRIDGE_CONFIG
  --trust-policy FILE  a role's trust policy, or the output of \`aws iam get-role\`, to compare with the token if STS denies access
  --json               print JSON, for programs

Exit code: 0 no problems found, 1 problems found, 2 wrong usage, 3 only warnings.
`;

const EXIT_CODES: Readonly<Record<Outcome, Result['code']>> = { fine: 0, unknown: 0, doubtful: 3, wrong: 1 };

/** Ends the process; see {@link printResult}. */
export function doctor(args: readonly string[]): Promise<never> {
  return printResult('doctor', USAGE, async (): Promise<Result> => {
    const { values, switches } = readArguments(args, {
      options: ['config', 'trust-policy'],
      switches: ['json'],
    });
    const { config, 'trust-policy': trustPolicy } = values;
    const trust = trustPolicy === undefined ? undefined : readTrustFile(trustPolicy, '--trust-policy');
    const inWords = !switches.has('json');
    const describe = describer();
    // If the reader has closed the pipe, Node calls the write callback and also emits an error, which would end the process.
    process.stdout.on('error', () => undefined);
    const steps: Examination[] = [];
    for await (const each of examineAll(config, trust)) {
      steps.push(each);
      // Prints each step immediately, because a step that hangs takes seconds. Stops if the reader has closed the pipe.
      if (inWords && !(await writeStep(describe(each)))) break;
    }
    const outcome = steps.reduce<Outcome>((worst, each) => worse(worst, each.outcome), 'fine');
    const text = inWords
      ? `\n${summarize(outcome, steps)}\n`
      : `${JSON.stringify({ outcome, steps }, null, 2)}\n`;
    return { text, code: EXIT_CODES[outcome] };
  });
}

const MARKS: Readonly<Record<Outcome, string>> = { fine: '✓', unknown: '–', doubtful: '!', wrong: '✗' };

/**
 * @returns a function that describes one finding. If a fix was already printed, the function refers to the earlier step instead
 * of repeating the fix.
 */
function describer(): (examination: Examination) => string {
  const firstStep = new Map<string, string>();
  return ({ step, outcome, found, compared = {}, fix }) => {
    const facts = Object.entries(compared).map(([name, value]) => [name, shown(value)] as const);
    const lines = [`${MARKS[outcome]} ${step}: ${found}`];
    if (outcome === 'fine' && facts.length > 0)
      lines.push(`    ${facts.map((fact) => fact.join(' ')).join(', ')}`);
    else {
      const width = Math.max(...facts.map(([name]) => name.length));
      lines.push(...facts.map(([name, value]) => `    ${name.padEnd(width)}  ${value}`));
    }
    if (fix !== undefined) {
      const before = firstStep.get(fix);
      lines.push(`    → ${before === undefined ? fix : `Same fix as for ${before}.`}`);
      if (before === undefined) firstStep.set(fix, step);
    }
    return lines.map((line) => `${line}\n`).join('');
  };
}

function summarize(worst: Outcome, found: readonly Examination[]): string {
  const first = found.find(({ outcome }) => outcome === worst);
  switch (worst) {
    case 'fine':
      return 'No problems found.';
    case 'unknown':
      return 'No problems found. Items marked – were not checked or could not be verified.';
    case 'doubtful':
      return 'The bridge works. Review the items marked !.';
    case 'wrong':
      return `Problems found. Fix the first ✗ (${first?.step ?? ''}), then rerun the doctor: later problems may have the same cause.`;
  }
}

const worse = (one: Outcome, other: Outcome): Outcome =>
  OUTCOMES.indexOf(one) > OUTCOMES.indexOf(other) ? one : other;

function writeStep(text: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  process.stdout.write(text, (error) => {
    resolve(!error);
  });
  return promise;
}

async function* examineAll(file: string | undefined, trust: TrustFile | undefined): Examined {
  yield surroundings(readPlatform());
  try {
    const config = readConfigIn({ file });
    if (config.identity.kind === 'profile') rejectProfileLoop(config.identity.name);
    yield* examine(config, createRoleAccess(config, promptMfaCode), trust);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { field, rule, fix, line } of error.problems) {
      yield {
        step: 'configuration',
        outcome: 'wrong',
        found: `${field} ${rule}`,
        ...(line === undefined ? {} : { compared: { line } }),
        fix: fix === '' ? 'Change the value to follow this rule.' : fix,
      };
    }
    yield {
      step: 'other steps',
      outcome: 'unknown',
      found: 'not checked, because the configuration is not valid',
    };
  }
}
