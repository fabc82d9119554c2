// `node test/docs/render.ts [--check]`: writes the JSON Schema of the configuration and the generated parts of docs/reference/
// from the code, and the JSON that the bridge serves from docs/openapi.yaml. With --check, it writes nothing and reports which
// file is out of date.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { parse } from 'yaml';
import { CONTROL_ROUTES } from '../../src/api/control-paths.ts';
import { openapiDocument } from '../../src/api/openapi-document.ts';
import { configurationJsonSchema } from '../../src/config/json-schema.ts';
import { FAULTS } from '../../src/errors/table.ts';
import { fieldTables, variableTable } from './configuration-tables.ts';
import { tableOf, withParts } from './markdown.ts';
import { metricTable } from './metric-table.ts';

const ROOT = join(import.meta.dirname, '../..');
const OPENAPI_MODULE = 'src/api/compressed-openapi.ts';
const CLI_PAGE = 'docs/reference/cli.md';

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const code = (text: string | number): string => `\`${text}\``;

const faultTable = (): string =>
  tableOf(
    ['`fault`', 'status', '`x-fedbridge-error`', 'what to do'],
    Object.entries(FAULTS).map(([fault, { status, outcome, fix }]) => [
      code(fault),
      String(status),
      code(outcome),
      fix,
    ]),
  );

const routeTable = (): string =>
  tableOf(
    ['route', 'response'],
    CONTROL_ROUTES.map(([route, response]) => [code(route), response]),
  );

/**
 * The module with the compressed JSON of docs/openapi.yaml. The example requests are omitted, because only tests use them.
 * @returns the current module if its content is up to date, because other versions of Brotli compress the same content differently
 */
function openapiModule(): string {
  const json = JSON.stringify(parse(textOf('docs/openapi.yaml')), (name, value: unknown) =>
    name === 'x-example-requests' ? undefined : value,
  );
  if (openapiDocument() === json) return textOf(OPENAPI_MODULE);
  const compressed = brotliCompressSync(json).toString('base64');
  return `// The JSON of docs/openapi.yaml, compressed with Brotli, in Base64. \`node test/docs/render.ts\` writes this file.
export const compressedOpenapi =
  '${compressed}';
`;
}

/** The expected content of each generated file except the commands page, by path. */
export async function rendered(): Promise<ReadonlyMap<string, string>> {
  const schema = configurationJsonSchema();
  const parts = {
    'docs/reference/configuration.md': { fields: fieldTables(schema), variables: variableTable() },
    'docs/reference/http-api.md': { routes: routeTable() },
    'docs/reference/errors.md': { faults: faultTable() },
    'docs/reference/metrics.md': { metrics: await metricTable() },
  };
  return new Map([
    ['deploy/config.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    [OPENAPI_MODULE, openapiModule()],
    ...Object.entries(parts).map(([path, of]) => [path, withParts(textOf(path), of)] as const),
  ]);
}

async function helpOf(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'src/main.ts'), ...args]);
  return `\`\`\`text\n${stdout.trim()}\n\`\`\`\n`;
}

/** The expected content of the commands page. Starts a process for each command. */
export async function renderedCommands(): Promise<string> {
  const usage = await helpOf('--help');
  const names = [...usage.matchAll(/^ {2}fedbridge ([a-z-]+)/gm)].map(([, name = '']) => name);
  const sections: string[] = [];
  for (const name of names) sections.push(`\n## fedbridge ${name}\n\n${await helpOf(name, '--help')}`);
  return withParts(textOf(CLI_PAGE), { commands: `${usage}${sections.join('')}` });
}

if (import.meta.main) {
  for (const [path, text] of [...(await rendered()), [CLI_PAGE, await renderedCommands()] as const]) {
    if (!process.argv.includes('--check')) writeFileSync(join(ROOT, path), text);
    else if (textOf(path) !== text) {
      console.error(`${path} is out of date: run \`node test/docs/render.ts\`.`);
      process.exitCode = 1;
    }
  }
}
