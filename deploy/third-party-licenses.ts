// Writes a bundle's notices: the name, version, license and license text of each package in the bundle.
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The fields of esbuild's metafile that this module reads. */
export interface BundleInputs {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

const HEAD = `Fedbridge contains code from the packages below. Each license text is preceded by a list of the packages that it applies to.
`;

const RULE = `\n${'='.repeat(80)}\n\n`;

/**
 * @param bundles the packages in each bundle
 * @param root the directory that the paths in `bundles` are relative to; its LICENSE is the text of Apache-2.0
 * @throws if a package declares no license, or does not include the license text (not required for Apache-2.0)
 */
export async function thirdPartyLicenses(root: string, bundles: readonly BundleInputs[]): Promise<string> {
  const apache = await readFile(join(root, 'LICENSE'), 'utf8');
  const namesByText = new Map<string, string[]>();
  for (const directory of directoriesIn(bundles)) {
    const path = resolve(root, directory);
    const manifest = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as Manifest;
    const { name, version, license = '' } = manifest;
    if (license === '')
      throw new Error(
        `${name}: must name its license in package.json, but does not. Ask its authors to name the license, or replace the package.`,
      );
    const text = await textOf(path, manifest, apache);
    const names = namesByText.get(text) ?? [];
    namesByText.set(text, [...names, `${name} ${version} (${license})`]);
  }
  const parts = [...namesByText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return [HEAD, ...parts].join(RULE);
}

/** Returns the directories of the packages that contribute code to an output, sorted by package name. */
function directoriesIn(bundles: readonly BundleInputs[]): string[] {
  const found = new Map<string, string>();
  for (const { inputs } of bundles.flatMap(({ outputs }) => Object.values(outputs)))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, directory, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(path) ?? [];
      if (bytesInOutput > 0 && directory !== undefined && name !== undefined) found.set(directory, name);
    }
  return [...found].toSorted(([, a], [, b]) => (a < b ? -1 : 1)).map(([directory]) => directory);
}

/**
 * Returns the package's license and notice files (Apache-2.0, 4d), or the license section of its README if it has no license
 * file.
 */
async function textOf(directory: string, { name, license }: Manifest, apache: string): Promise<string> {
  const files = (await readdir(directory)).toSorted();
  const read = async (pattern: RegExp): Promise<string[]> =>
    Promise.all(
      files.filter((file) => pattern.test(file)).map((file) => readFile(join(directory, file), 'utf8')),
    );
  const [licenses, notices] = [await read(/^(?:licen[cs]e|copying)/i), await read(/^notice/i)];
  if (licenses.length > 0) return trimmed([...licenses, ...notices]);
  // The text of Apache-2.0 is the same for every package, so a package without a copy gets the project's copy.
  if (license === 'Apache-2.0') return trimmed([apache, ...notices]);
  const [readme = ''] = await read(/^readme/i);
  const section = /^(?:#+ *licen[cs]e|licen[cs]e\n[-=]+) *$(.*)/ims.exec(readme)?.[1] ?? '';
  if (!/copyright/i.test(section))
    throw new Error(
      `${name}: must include its license text, but does not. Find the text at its source, or replace the package.`,
    );
  return trimmed([section]);
}

const trimmed = (texts: readonly string[]): string =>
  texts
    .map((text) =>
      text
        .replaceAll('\r\n', '\n')
        .replaceAll(/[ \t]+$/gm, '')
        .trim(),
    )
    .join('\n\n');
