// `fedbridge doctor`: walks the bridge's way step by step, and says of each what was compared, and how to mend what is wrong.
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
import { askMfaCode } from './ask-mfa-code.ts';
import { printResult, shown } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge doctor [--config FILE] [--trust-policy FILE] [--json]

Walks from the metadata server through STS to each bucket, as the bridge does, and says what is wrong and how to mend it.
Reads one byte of one object of each grant that it looks at, tries a read and a list outside of it, and changes nothing.

  --config FILE        the configuration, in the place of FEDBRIDGE_CONFIG
  --trust-policy FILE  a role's trust policy, or what \`aws iam get-role\` prints: to be compared where STS refuses
  --json               for programs

Exit code: 0 all is well, 1 something is wrong, 2 wrong usage, 3 something is doubtful.
`;

const EXIT_CODES: Readonly<Record<Outcome, Result['code']>> = { fine: 0, unknown: 0, doubtful: 3, wrong: 1 };

/** Ends the process, see {@link printResult}. */
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
    // A reader that has gone is told twice: to what writes, and here.
    process.stdout.on('error', () => undefined);
    const steps: Examination[] = [];
    for await (const each of examineAll(config, trust)) {
      steps.push(each);
      // As it goes, since what hangs takes seconds. Where nobody reads on, there is nobody to ask more for.
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

/** @returns a function that describes one after the other: what to do is said in full where it comes first */
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
      lines.push(`    → ${before === undefined ? fix : `as for ${before}`}`);
      if (before === undefined) firstStep.set(fix, step);
    }
    return lines.map((line) => `${line}\n`).join('');
  };
}

function summarize(worst: Outcome, found: readonly Examination[]): string {
  const first = found.find(({ outcome }) => outcome === worst);
  switch (worst) {
    case 'fine':
      return 'All is well.';
    case 'unknown':
      return 'No problems found. Items marked – were not checked, or not proven.';
    case 'doubtful':
      return 'It works; what is marked ! deserves a look.';
    case 'wrong':
      return `Something is wrong. Mend the first ✗ (${first?.step ?? ''}), then ask again: what comes after it may follow from it.`;
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
    yield* examine(config, createRoleAccess(config, askMfaCode), trust);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { field, rule, fix, line } of error.problems) {
      yield {
        step: 'configuration',
        outcome: 'wrong',
        found: `${field} ${rule}`,
        ...(line === undefined ? {} : { compared: { line } }),
        fix: fix === '' ? 'Write it as the rule in this line says.' : fix,
      };
    }
    yield { step: 'all else', outcome: 'unknown', found: 'not looked at without a configuration' };
  }
}
