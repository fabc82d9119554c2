// `node test/supply-chain/render.ts [--check]`: writes docs/licenses.md from the lock file, or reports that it is
// outdated.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf, readPackages, ROOT } from './packages.ts';

const PAGE = join(ROOT, 'docs/licenses.md');

const HEAD = `# Licenses

This page lists every package in a production installation by its license. \`node test/supply-chain/render.ts\` generates the page from \`package-lock.json\`.
The bundle in an image contains some of these packages; \`THIRD-PARTY-LICENSES.txt\` next to it has their license texts.
[dependencies.md](dependencies.md) lists the allowed licenses and explains why the project uses each library.
`;

function licensesPage(): string {
  const byLicense = new Map<string, string[]>();
  for (const [path, { version, license = 'none named', dev = false }] of readPackages().locked)
    if (!dev) byLicense.set(license, [...(byLicense.get(license) ?? []), `${nameOf(path)} ${version}`]);
  const parts = [...byLicense]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([license, names]) => `## ${license}\n\n${names.toSorted().join(', ')}\n`);
  return [HEAD, ...parts].join('\n');
}

export const isCurrent = (): boolean => readFileSync(PAGE, 'utf8') === licensesPage();

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(PAGE, licensesPage());
  else if (!isCurrent()) {
    process.stderr.write(
      'docs/licenses.md does not match the lock file: run node test/supply-chain/render.ts\n',
    );
    process.exitCode = 1;
  }
}
