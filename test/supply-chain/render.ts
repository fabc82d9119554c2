// `node test/supply-chain/render.ts [--check]`: writes docs/licences.md from the lock file, or says that it is not what it would be.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf, readPackages, ROOT } from './packages.ts';

const PAGE = join(ROOT, 'docs/licences.md');

const HEAD = `# Licences

Every package that a production installation brings, by its licence; \`node test/supply-chain/render.ts\` writes this page from \`package-lock.json\`.
What is in the bundle of an image is a part of these: \`THIRD-PARTY-LICENSES.txt\` beside it has the texts. Which licences may be here, and why,
is in [dependencies.md](dependencies.md).
`;

function licencesPage(): string {
  const byLicence = new Map<string, string[]>();
  for (const [path, { version, license = 'none named', dev = false }] of readPackages().locked)
    if (!dev) byLicence.set(license, [...(byLicence.get(license) ?? []), `${nameOf(path)} ${version}`]);
  const parts = [...byLicence]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, names]) => `## ${licence}\n\n${names.toSorted().join(', ')}\n`);
  return [HEAD, ...parts].join('\n');
}

export const isCurrent = (): boolean => readFileSync(PAGE, 'utf8') === licencesPage();

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(PAGE, licencesPage());
  else if (!isCurrent()) {
    process.stderr.write(
      'docs/licences.md is not what the lock file says: run node test/supply-chain/render.ts\n',
    );
    process.exitCode = 1;
  }
}
