// A shell can parse every command in the documentation, and the fedbridge commands, options, files and npm scripts in these
// commands exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'SUPPORT.md',
  'CODE_OF_CONDUCT.md',
  'CHANGELOG.md',
  ...globSync('{docs/**,terraform,terraform/modules/*}/*.md', { cwd: ROOT }),
];

const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

/** The anchors that GitHub creates for headings outside code blocks. */
const anchorsOf = (document: string): string[] =>
  [
    ...textOf(document)
      .replace(/^```[^]*?^```/gm, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** The code blocks with shell commands. */
function* shellBlocks(document: string): Generator<string> {
  for (const [, indent = '', body = ''] of textOf(document).matchAll(/^( *)```sh\n(.*?)^ *```/gms))
    yield body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

/** Finds `fedbridge COMMAND …` in code blocks and in backquotes, each with its arguments. */
function* ownCommands(document: string): Generator<readonly [command: string, rest: string]> {
  const quoted = [...textOf(document).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  for (const text of [...quoted, ...[...shellBlocks(document)].flatMap((block) => block.split('\n'))])
    for (const [, command = '', rest = ''] of text.matchAll(/\bfedbridge ([a-z][a-z-]+)([^|;&#"')]*)/g))
      yield [command, rest];
}

const usage = spawnSync(process.execPath, [join(ROOT, 'src/main.ts'), '--help'], { encoding: 'utf8' }).stdout;
const commands = new Map<string, string>();
for (const [, name = ''] of usage.matchAll(/^ {2}fedbridge ([a-z-]+)/gm)) {
  const { stderr } = spawnSync(process.execPath, [join(ROOT, 'src/main.ts'), name, '--no-such-option'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  commands.set(name, `${usage}${stderr}`);
}

for (const document of DOCUMENTS) {
  describe(document, () => {
    it('has only shell blocks that parse', () => {
      for (const block of shellBlocks(document)) {
        const { status, stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
        assert.equal(status, 0, `${stderr}\n${block}`);
      }
    });

    it('names only fedbridge commands and options that exist', () => {
      for (const [command, rest] of ownCommands(document)) {
        const told = commands.get(command);
        assert.ok(told !== undefined, `there is no fedbridge ${command}`);
        for (const [option] of rest.matchAll(/(?<=\s)--[a-z-]+/g))
          assert.ok(told.includes(option), `fedbridge ${command} has no ${option}:\n${told}`);
      }
    });

    it('links only to files and headings that exist', () => {
      const links = textOf(document).matchAll(/\]\(([^)#\s]*)(?:#([^)]*))?\)/g);
      for (const [, link = '', anchor] of links) {
        if (link.includes('://')) continue;
        const path = link === '' ? document : join(dirname(document), link);
        assert.ok(existsSync(join(ROOT, path)), link);
        if (anchor !== undefined) assert.ok(anchorsOf(path).includes(anchor), `${link}#${anchor}`);
      }
    });

    it('names only npm scripts that package.json defines', () => {
      const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
      for (const [, script = ''] of textOf(document).matchAll(/\bnpm run ([a-z:-]+)/g))
        assert.ok(Object.hasOwn(scripts, script), `npm run ${script}`);
    });
  });
}
