#!/usr/bin/env node
// The command line: picks a command and gives the exit code. Nothing else reads process.argv.
import { prepareRuntime } from './runtime.ts';

interface Command {
  readonly does: string;
  /** Resolves with an exit code, or with none where the command goes on by itself. */
  run(args: readonly string[]): Promise<number | undefined>;
}

/** Each is loaded when it is asked for: what serves need not load what checks. */
const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    does: 'run the bridge, as the environment configures it',
    run: async () => {
      const { serve } = await import('./commands/serve.ts');
      await serve();
      return undefined;
    },
  },
  sandbox: {
    does: 'run the bridge with a Google, an STS and an S3 of its own on this machine  [--port N] [--dir DIR] [--config FILE] [--ready-file FILE]',
    run: async (args) => {
      // An image does not hold it.
      const found = await import('./commands/sandbox.ts').catch(() => {
        throw new Error(
          'The sandbox is not part of this build: run `npm run sandbox` in a clone of the project.',
        );
      });
      return found.sandbox(args);
    },
  },
  check: {
    does: 'say in words what a configuration means  [FILE]',
    run: async (args) => {
      const { check } = await import('./commands/check.ts');
      return check(args);
    },
  },
  'caller-credentials': {
    does: "print this machine's identity token as credentials for S3 clients  --audience URL",
    run: async (args) => {
      const { callerCredentials } = await import('./commands/caller-credentials.ts');
      return callerCredentials(args);
    },
  },
};

const LONGEST_NAME = Math.max(...Object.keys(COMMANDS).map(({ length }) => length));

function usage(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { does }]) => `  fedbridge ${name.padEnd(LONGEST_NAME)} ${does}`,
  );
  return `Usage:\n${lines.join('\n')}\n`;
}

async function main([name = '', ...args]: readonly string[]): Promise<number | undefined> {
  if (name === '--help' || name === 'help') {
    process.stdout.write(usage());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(
      name === '' ? usage() : `fedbridge: there is no command ${JSON.stringify(name)}.\n${usage()}`,
    );
    return 2;
  }
  try {
    return await command.run(args);
  } catch (error) {
    process.stderr.write(`fedbridge ${name}: ${error instanceof Error ? error.message : 'failed'}\n`);
    return 1;
  }
}

prepareRuntime();
const code = await main(process.argv.slice(2));
if (code !== undefined) process.exitCode = code;
