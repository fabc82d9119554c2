// Creates the programs' SBOM as a CycloneDX document. The document lists the production dependencies and the packages in the
// console's page, with their versions in the lock file.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The packages that are built into the console's page. These packages are development dependencies, because Node never imports
 * them.
 */
export const PACKAGES_IN_PAGE: readonly string[] = [
  'fflate',
  'fzstd',
  'htm',
  'hyparquet',
  'papaparse',
  'preact',
  'uplot',
];

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface CycloneDx {
  serialNumber?: string;
  readonly metadata: { timestamp?: string; readonly component: Component & { name: string } };
  components: readonly Component[];
  dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** The maximum length of npm's output. The actual output for this project is far shorter. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * @param root the directory of package.json and package-lock.json; installed packages are ignored
 * @returns JSON that depends only on the content of these files
 */
export async function softwareBillOfMaterials(root: string): Promise<string> {
  // `--omit dev` is not used, because npm 11 would then also omit production packages that a development dependency needs.
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'];
  const { stdout } = await run('npm', args, { cwd: root, maxBuffer: MAX_BYTES });
  const document = JSON.parse(stdout) as CycloneDx;
  const isForDevelopment = ({ name: packageName, properties = [] }: Component): boolean =>
    !PACKAGES_IN_PAGE.includes(packageName) &&
    properties.some(({ name }) => name === 'cdx:npm:package:development');
  document.components = document.components.filter((component) => !isForDevelopment(component));
  const kept = new Set([document.metadata.component, ...document.components].map((one) => one['bom-ref']));
  document.dependencies = document.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
  // npm names the project after its directory, and adds a serial number and the time. These differences are removed; otherwise,
  // each run would return a different document.
  document.metadata.component.name = 'fedbridge';
  delete document.serialNumber;
  delete document.metadata.timestamp;
  return `${JSON.stringify(document, null, 2)}\n`;
}
