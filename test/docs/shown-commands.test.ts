// What the documents tell a reader to type exists: shells parse it, commands and options of ours are there, and so are files.
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
  ...globSync('{docs,terraform}/*.md', { cwd: ROOT }),
];

const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8');

/** Of the kinds that a shell takes as they are. */
function* shellBlocks(document: string): Generator<string> {
  for (const [, indent = '', body = ''] of textOf(document).matchAll(/^( *)```sh\n(.*?)^ *```/gms))
    yield body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

/** `fedbridge COMMAND …` as it stands in blocks and in back quotes; the rest of its line. */
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
  describe(`what ${document} shows`, () => {
    it('is what a shell takes', () => {
      for (const block of shellBlocks(document)) {
        const { status, stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
        assert.equal(status, 0, `${stderr}\n${block}`);
      }
    });

    it('of commands of ours is there, with its options', () => {
      for (const [command, rest] of ownCommands(document)) {
        const told = commands.get(command);
        assert.ok(told !== undefined, `there is no fedbridge ${command}`);
        for (const [option] of rest.matchAll(/(?<=\s)--[a-z-]+/g))
          assert.ok(told.includes(option), `fedbridge ${command} knows no ${option}:\n${told}`);
      }
    });

    it('leads to files that exist', () => {
      const links = [...textOf(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
      for (const link of links.filter((each) => !each.includes('://')))
        assert.ok(existsSync(join(ROOT, dirname(document), link)), link);
    });

    it('of npm scripts is in package.json', () => {
      const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
      for (const [, script = ''] of textOf(document).matchAll(/\bnpm run ([a-z:-]+)/g))
        assert.ok(Object.hasOwn(scripts, script), `npm run ${script}`);
    });
  });
}
