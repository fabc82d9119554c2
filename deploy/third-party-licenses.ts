// The notices that go with a bundle: of each package whose code is in it, its name, version and licence, with the licence's text.
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What esbuild tells of a build, as far as it matters here. */
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

const HEAD = `Fedbridge holds code of the packages below. Each is under its own licence, whose text follows the names of those that have it.
`;

const RULE = `\n${'='.repeat(80)}\n\n`;

/**
 * @param root what the paths of `inputs` are relative to; its LICENSE is the text of Apache-2.0
 * @throws where a package says no licence, or brings no text of one that differs from copy to copy
 */
export async function thirdPartyLicenses(root: string, inputs: BundleInputs): Promise<string> {
  const apache = await readFile(join(root, 'LICENSE'), 'utf8');
  const namesByText = new Map<string, string[]>();
  for (const directory of directoriesIn(inputs)) {
    const path = resolve(root, directory);
    const manifest = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as Manifest;
    const { name, version, license = '' } = manifest;
    if (license === '')
      throw new Error(
        `${name}: must name its licence in package.json, and does not. Ask its authors, or replace it.`,
      );
    const text = await textOf(path, manifest, apache);
    const names = namesByText.get(text) ?? [];
    namesByText.set(text, [...names, `${name} ${version} (${license})`]);
  }
  const parts = [...namesByText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return [HEAD, ...parts].join(RULE);
}

/** Of the packages of which a byte is in an output, sorted by name. */
function directoriesIn({ outputs }: BundleInputs): string[] {
  const found = new Map<string, string>();
  for (const { inputs } of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, directory, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(path) ?? [];
      if (bytesInOutput > 0 && directory !== undefined && name !== undefined) found.set(directory, name);
    }
  return [...found].toSorted(([, a], [, b]) => (a < b ? -1 : 1)).map(([directory]) => directory);
}

/** Licence and notice (Apache-2.0, 4d) as the package has them; where it has no file, the section of its README. */
async function textOf(directory: string, { name, license }: Manifest, apache: string): Promise<string> {
  const files = (await readdir(directory)).toSorted();
  const read = async (pattern: RegExp): Promise<string[]> =>
    Promise.all(
      files.filter((file) => pattern.test(file)).map((file) => readFile(join(directory, file), 'utf8')),
    );
  const [licences, notices] = [await read(/^(?:licen[cs]e|copying)/i), await read(/^notice/i)];
  if (licences.length > 0) return trimmed([...licences, ...notices]);
  // Its text is the same in every copy.
  if (license === 'Apache-2.0') return trimmed([apache, ...notices]);
  const [readme = ''] = await read(/^readme/i);
  const section = /^(?:#+ *licen[cs]e|licen[cs]e\n[-=]+) *$(.*)/ims.exec(readme)?.[1] ?? '';
  if (!/copyright/i.test(section))
    throw new Error(
      `${name}: must bring the text of its licence, and does not. Find it at its source, or replace the package.`,
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
