// Parses a command's arguments strictly: rejects unknown, repeated and empty options, and reports wrong usage.
import { parseArgs } from 'node:util';
import { closestWord } from '../config/did-you-mean.ts';
import { escapeText, quote } from '../config/show.ts';

/** Thrown for wrong usage. The message is a complete sentence that describes the problem. */
export class UsageError extends Error {}

/** Thrown if the user passes `--help` or `-h`, which is not an error. */
export class HelpRequested extends Error {}

/**
 * Prints a command's usage text if the user requested help. For wrong usage, prints the problem and the usage text.
 * @returns the exit code: 0 for help; 2 for wrong usage
 * @throws any other error
 */
export function printUsage(command: string, usage: string, error: unknown): 0 | 2 {
  if (error instanceof HelpRequested) {
    process.stdout.write(usage);
    return 0;
  }
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`fedbridge ${command}: ${error.message}\n${usage}`);
  return 2;
}

/** Whether the arguments request help. Arguments after `--` are ignored, because they are not options. */
export function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).some((arg) => arg === '--help' || arg === '-h');
}

export interface Arguments<Option extends string, Switch extends string> {
  /** The values of options, by option name. No value is empty. */
  readonly values: Readonly<Partial<Record<Option, string>>>;
  readonly switches: ReadonlySet<Switch>;
  readonly positionals: readonly string[];
}

/**
 * @param accepted.positionals names of the required positional arguments, as in the usage text
 * @throws HelpRequested, UsageError
 */
export function readArguments<Option extends string, Switch extends string = never>(
  args: readonly string[],
  accepted: {
    readonly options: readonly Option[];
    readonly switches?: readonly Switch[];
    readonly positionals?: readonly string[];
    /** Names of the optional positional arguments, which follow the required arguments. */
    readonly optional?: readonly string[];
  },
): Arguments<Option, Switch> {
  if (wantsHelp(args)) throw new HelpRequested();
  const { options, switches = [], positionals = [], optional = [] } = accepted;
  const parsed = parseStrictly(args, options, switches);
  const names = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = names.find((name, position) => names.indexOf(name) < position);
  if (twice !== undefined) throw new UsageError(`--${twice} is given more than once; give it only once.`);
  const values = new Map(Object.entries(parsed.values));
  const empty = options.find((name) => values.get(name) === '');
  if (empty !== undefined) throw new UsageError(`--${empty} must not be empty.`);
  const [surplus] = parsed.positionals.slice(positionals.length + optional.length);
  if (surplus !== undefined) throw new UsageError(`Unexpected argument ${quote(surplus)}.`);
  const [missing] = positionals.slice(parsed.positionals.length);
  if (missing !== undefined) throw new UsageError(`${missing} is required.`);
  return {
    values: parsed.values as Partial<Record<Option, string>>,
    switches: new Set(switches.filter((name) => values.get(name) === true)),
    positionals: parsed.positionals,
  };
}

function parseStrictly(args: readonly string[], options: readonly string[], switches: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(options.map((name) => [name, { type: 'string' as const }])),
        ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
      },
      allowPositionals: true,
      tokens: true,
    });
  } catch (error) {
    // Keeps only the first sentence of Node's message, because its other sentences are advice for programmers.
    const [what = ''] = error instanceof Error ? error.message.split(/\.\s/) : [];
    throw new UsageError(`${escapeText(what)}.${meantOption(args, [...options, ...switches])}`);
  }
}

/** Suggests a known option for an unknown option, in a sentence that begins with a space; '' for any other wrong usage. */
function meantOption(args: readonly string[], known: readonly string[]): string {
  const given = args.flatMap((arg) => /^--([^=]+)/.exec(arg)?.[1] ?? []);
  const unknown = given.find((name) => !known.includes(name));
  const meant = unknown === undefined ? undefined : closestWord(unknown, known);
  return meant === undefined ? '' : ` Did you mean --${meant}?`;
}
