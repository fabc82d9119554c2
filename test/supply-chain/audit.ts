// `node test/supply-chain/audit.ts`: asks the registry for known weaknesses of what is locked, and fails on each that
// docs/dependencies.md does not explain. Where the registry has no such endpoint, or none is reachable, it says so and does not fail.
import { spawnSync } from 'node:child_process';
import { ROOT, tableOf } from './packages.ts';

export interface Weakness {
  /** GHSA-… */
  readonly advisory: string;
  readonly package: string;
  readonly severity: string;
  readonly title: string;
}

/** What `npm audit --json` says of one package. */
interface Vulnerability {
  readonly name: string;
  /** A text names another package, whose weakness it is. */
  readonly via: readonly (
    string | { readonly url: string; readonly severity: string; readonly title: string }
  )[];
}

/** @returns undefined where npm's output is no audit: nobody has looked */
export function weaknessesIn(output: string): Weakness[] | undefined {
  let document: { readonly vulnerabilities?: Readonly<Record<string, Vulnerability>> };
  try {
    document = JSON.parse(output) as typeof document;
  } catch {
    return undefined;
  }
  if (document.vulnerabilities === undefined) return undefined;
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

/** @param rows of the page's table: advisory, package, why it does not concern us, last day of that. @param today YYYY-MM-DD */
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

if (import.meta.main) {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], { cwd: ROOT, encoding: 'utf8' });
  const weaknesses = weaknessesIn(stdout);
  if (weaknesses === undefined) {
    const why = /npm warn audit (\d{3} [\w ]+) -|(E[A-Z_]+)/.exec(`${stderr}\n${stdout}`);
    process.stdout.write(
      `audit: NOT DONE, as the registry gave none (${why?.[1] ?? why?.[2] ?? 'no reason'}).\n`,
    );
  } else {
    const rows = tableOf('Known weaknesses').filter(([advisory]) => advisory !== 'none');
    const open = unexplained(weaknesses, rows, new Date().toISOString().slice(0, 10));
    for (const { advisory, package: name, severity, title } of open)
      process.stdout.write(
        `audit: ${name} (${severity}) ${advisory}: ${title}. Update it, or explain it in docs/dependencies.md with a last day.\n`,
      );
    process.stdout.write(`audit: ${weaknesses.length} known, ${open.length} not explained\n`);
    process.exitCode = open.length === 0 ? 0 : 1;
  }
}
