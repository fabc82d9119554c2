// Prints the findings of a doctor command: in words, each step as soon as it is done, or as JSON, all steps together.
import { OUTCOMES } from '../doctor/step-report.ts';
import type { Examination, Examined, Outcome } from '../doctor/step-report.ts';
import { shown } from './print-result.ts';
import type { Result } from './print-result.ts';

const EXIT_CODES: Readonly<Record<Outcome, Result['code']>> = { fine: 0, unknown: 0, doubtful: 3, wrong: 1 };

/** @returns the exit code, and the text that is still to be printed: the summary in words, or the JSON */
export async function printSteps(steps: Examined, { json }: { readonly json: boolean }): Promise<Result> {
  const inWords = !json;
  const describe = describer();
  // If the reader has closed the pipe, Node emits an error event in addition to calling the write callback. Without a listener,
  // that event would end the process.
  process.stdout.on('error', () => undefined);
  const found: Examination[] = [];
  for await (const each of steps) {
    found.push(each);
    // Prints each step immediately, because the next step may take seconds. Stops if the reader has closed the pipe.
    if (inWords && !(await writeStep(describe(each)))) break;
  }
  const outcome = found.reduce<Outcome>((worst, each) => worse(worst, each.outcome), 'fine');
  const text = inWords
    ? `\n${summarize(outcome, found)}\n`
    : `${JSON.stringify({ outcome, steps: found }, null, 2)}\n`;
  return { text, code: EXIT_CODES[outcome] };
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
