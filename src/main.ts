#!/usr/bin/env node
// The entry point: runs the command that the arguments name, and sets the exit code. Nothing else reads process.argv.
import { prepareRuntime } from './runtime/process-setup.ts';

interface Command {
  readonly description: string;
  /** The command's arguments, as its usage line shows them. */
  readonly args: string;
  /** Runs the command. Resolves with the exit code, or with undefined if the command keeps running. */
  run(args: readonly string[]): Promise<number | undefined>;
}

/** The commands. The code of a command is loaded only when that command runs. */
const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    description: 'run the bridge',
    args: '[--config FILE] [--port N]',
    run: async (args) => {
      const { serveByArguments } = await import('./cli/serve.ts');
      return serveByArguments(args);
    },
  },
  console: {
    description: 'run the console, a web page on which people browse the buckets that they may read',
    args: '[--config FILE] [--port N]',
    run: async (args) => {
      const { consoleByArguments } = await import('./cli/console.ts');
      return consoleByArguments(args);
    },
  },
  sandbox: {
    description: 'run the bridge locally against built-in emulators of Google, STS and S3',
    args: '[--port N] [--dir DIR] [--config FILE] [--as CALLER] [--ready-file FILE]',
    run: async (args) => {
      // Handles a failed import, because the container image does not contain the sandbox.
      const found = await import('./cli/sandbox.ts').catch(() => {
        throw new Error(
          'The sandbox is not part of this build: run `npm run sandbox` in a clone of the project.',
        );
      });
      return found.sandbox(args);
    },
  },
  check: {
    description: 'validate and explain a configuration, or show which grant allows a read',
    args: '[FILE] [--caller CALLER --get BUCKET/KEY] | --schema',
    run: async (args) => {
      const { check } = await import('./cli/check.ts');
      return check(args);
    },
  },
  'trust-policy': {
    description: 'print the trust policy that a role needs, or check a trust policy',
    args: '[ROLE [--hop N]] | --for SERVICE | --lint FILE',
    run: async (args) => {
      const { printTrustPolicy } = await import('./cli/trust-policy.ts');
      return printTrustPolicy(args);
    },
  },
  'read-policy': {
    description:
      'print the permission policy that a role needs, or a template or commands that create the role',
    args: 'ROLE [--hop N] [--cloudformation | --cli] [--config FILE]',
    run: async (args) => {
      const { printReadPolicy } = await import('./cli/read-policy.ts');
      return printReadPolicy(args);
    },
  },
  whoami: {
    description: "show the bridge's Google identity, and its AWS identity in each role",
    args: '[--config FILE] [--json]',
    run: async (args) => {
      const { whoami } = await import('./cli/whoami.ts');
      return whoami(args);
    },
  },
  token: {
    description: "print the bridge's own identity token, decoded",
    args: '[--audience AUDIENCE] [--config FILE] [--raw]',
    run: async (args) => {
      const { token } = await import('./cli/token.ts');
      return token(args);
    },
  },
  credentials: {
    description: 'print credentials for a role, in a format for the AWS SDKs or a shell',
    args: 'ROLE [--format process|env|json] [--config FILE]',
    run: async (args) => {
      const { credentials } = await import('./cli/credentials.ts');
      return credentials(args);
    },
  },
  doctor: {
    description: 'test the connections to Google, STS and the buckets, and report problems and their fixes',
    args: '[--config FILE] [--trust-policy FILE] [--json]',
    run: async (args) => {
      const { doctor } = await import('./cli/doctor.ts');
      return doctor(args);
    },
  },
  revoke: {
    description: "print commands that revoke a role's existing sessions",
    args: 'ROLE [--config FILE]',
    run: async (args) => {
      const { revoke } = await import('./cli/revoke.ts');
      return revoke(args);
    },
  },
  egress: {
    description: 'add up the bytes from S3 that log lines report, and estimate what AWS charges for them',
    args: 'FILE|- [--config FILE] [--json]',
    run: async (args) => {
      const { egress } = await import('./cli/egress.ts');
      return egress(args);
    },
  },
  'caller-credentials': {
    description: "print this machine's identity token as credentials for S3 clients",
    args: '--audience URL',
    run: async (args) => {
      const { callerCredentials } = await import('./cli/caller-credentials.ts');
      return callerCredentials(args);
    },
  },
  'caller-doctor': {
    description:
      "test this machine's access to a bridge: its token, the bridge's response, the grant that decides, and a read",
    args: '--audience URL [--upstream URL] [--as EMAIL | --token-file FILE] [--get BUCKET/KEY] [--json]',
    run: async (args) => {
      const { callerDoctor } = await import('./cli/caller-doctor.ts');
      return callerDoctor(args);
    },
  },
  proxy: {
    description: 'run a local proxy that adds a fresh identity token to each request',
    args: '--audience URL [--listen HOST:PORT] [--upstream URL] [--as EMAIL | --token-file FILE] [--access-key-file FILE | --allow-any-local-client] [--allow-remote]',
    run: async (args) => {
      const { proxy } = await import('./cli/proxy.ts');
      return proxy(args);
    },
  },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { description, args }]) => `  fedbridge ${name} ${args}\n      ${description}`,
  );
  return `Usage:\n${lines.join('\n')}\n\nRun "fedbridge COMMAND --help" for details, and "fedbridge --version" for the version.\n`;
}

async function main([name = '', ...args]: readonly string[]): Promise<number | undefined> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return 0;
  }
  if (name === '--version') {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(name === '' ? usage() : `fedbridge: ${await describeUnknown(name)}\n${usage()}`);
    return 2;
  }
  try {
    return await command.run(args);
  } catch (error) {
    // This error only means that the program that reads the output, such as `head`, has closed the pipe.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 1;
    process.stderr.write(`fedbridge ${name}: ${await describeError(error)}\n`);
    return 1;
  }
}

async function describeUnknown(name: string): Promise<string> {
  const { closestWord } = await import('./config/did-you-mean.ts');
  const meant = closestWord(name, Object.keys(COMMANDS));
  const suggestion = meant === undefined ? '' : ` Did you mean ${JSON.stringify(meant)}?`;
  return `there is no command ${JSON.stringify(name)}.${suggestion}`;
}

async function describeError(error: unknown): Promise<string> {
  const { Fault } = await import('./errors/fault.ts');
  if (!(error instanceof Fault)) return error instanceof Error ? error.message : 'failed';
  const { describeFault } = await import('./cli/print-result.ts');
  return describeFault(error);
}

/** Node's exit code for a top-level await that never settles (Node, "Process", exit codes). */
const UNSETTLED = 13;

prepareRuntime({ mayBeInspected: process.argv[2] === 'sandbox' });
// Avoids top-level await, which the bundle does not support, because it is a CommonJS module.
process.exitCode = UNSETTLED;
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
