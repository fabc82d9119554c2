// `node test/supply-chain/audit.ts [--required]`: queries the registry for known vulnerabilities in the locked packages, and
// fails if docs/dependencies.md does not explain each of them. If npm gives no result, the last line contains NOT DONE, and
// only --required fails.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ROOT, tableOf } from './packages.ts';

export interface Weakness {
  /** GHSA-… */
  readonly advisory: string;
  readonly package: string;
  readonly severity: string;
  readonly title: string;
}

/** The fields of one package in the output of `npm audit --json`. */
interface Vulnerability {
  readonly name: string;
  /** A string names the dependency that has the vulnerability. An object describes the vulnerability itself. */
  readonly via: readonly (
    string | { readonly url: string; readonly severity: string; readonly title: string }
  )[];
}

/** @returns undefined if npm's output is not an audit, because then nothing was checked */
export function weaknessesIn(output: string): Weakness[] | undefined {
  let document: { readonly vulnerabilities?: Readonly<Record<string, Vulnerability>> } | null;
  try {
    document = JSON.parse(output) as typeof document;
  } catch {
    return undefined;
  }
  if (document?.vulnerabilities === undefined) return undefined;
  const found = Object.values(document.vulnerabilities).flatMap(({ name, via }) =>
    via.flatMap((one) =>
      typeof one === 'string'
        ? []
        : [
            {
              advisory: one.url.replace(/^.*\//, ''),
              package: name,
              severity: one.severity,
              title: one.title,
            },
          ],
    ),
  );
  return found.toSorted((a, b) => a.advisory.localeCompare(b.advisory));
}

/**
 * @param rows the rows of the page's table: advisory, package, why it does not affect the project, last day of the exemption.
 * @param today YYYY-MM-DD
 */
export function unexplained(
  weaknesses: readonly Weakness[],
  rows: readonly (readonly string[])[],
  today: string,
): Weakness[] {
  return weaknesses.filter(
    ({ advisory, package: name }) =>
      !rows.some(
        ([known, concerned, , until = '']) => known === advisory && concerned === name && until >= today,
      ),
  );
}

/** @returns the exit code */
function audit(required: boolean): number {
  const { stdout, stderr, error } = spawnSync('npm', ['audit', '--json'], { cwd: ROOT, encoding: 'utf8' });
  const weaknesses = error === undefined ? weaknessesIn(stdout) : undefined;
  if (weaknesses === undefined) {
    const output = error === undefined ? `${stderr}\n${stdout}` : error.message;
    const why = /npm warn audit (\d{3} [\w ]+) -|\b(E[A-Z_]{3,})\b/.exec(output);
    const reason = why?.[1] ?? why?.[2] ?? 'no reason given';
    const remedy = required ? ', as --required demands' : '; --required makes this a failure';
    process.stdout.write(
      `audit: NOT DONE: npm audit gave no result (${reason}). Run it against a registry that supports it${remedy}.\n`,
    );
    return required ? 1 : 0;
  }
  const rows = tableOf('Known vulnerabilities').filter(([advisory]) => advisory !== 'none');
  const open = unexplained(weaknesses, rows, new Date().toISOString().slice(0, 10));
  for (const { advisory, package: name, severity, title } of open)
    process.stdout.write(
      `audit: ${name} (${severity}) ${advisory}: ${title}. Update it, or explain it in docs/dependencies.md with a last day.\n`,
    );
  process.stdout.write(`audit: ${weaknesses.length} known, ${open.length} not explained\n`);
  return open.length === 0 ? 0 : 1;
}

/** @returns undefined if an option is unknown */
function isRequired(args: string[]): boolean | undefined {
  try {
    return parseArgs({ args, options: { required: { type: 'boolean', default: false } } }).values.required;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const required = isRequired(process.argv.slice(2));
  if (required === undefined) process.stderr.write('Usage: node test/supply-chain/audit.ts [--required]\n');
  process.exitCode = required === undefined ? 2 : audit(required);
}
