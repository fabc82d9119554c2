// Reads the arguments of a command strictly: nothing unknown, nothing twice, no value left out.
import { parseArgs } from 'node:util';
import { closestWord } from '../config/did-you-mean.ts';
import { escapeText, quote } from '../config/show.ts';

/** Wrong usage: the message is a sentence that says what is wrong. */
export class UsageError extends Error {}

/** Not wrong usage: somebody asks for the usage. */
export class HelpRequested extends Error {}

/** What follows `--` are no options. */
export function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).some((arg) => arg === '--help' || arg === '-h');
}

export interface Arguments<Option extends string, Switch extends string> {
  /** Options that take a value, by name; none is empty. */
  readonly values: Readonly<Partial<Record<Option, string>>>;
  readonly switches: ReadonlySet<Switch>;
  readonly positionals: readonly string[];
}

/** @param accepted.positionals the names of those that must be given, as usage has them. @throws HelpAsked, UsageError */
export function readArguments<Option extends string, Switch extends string = never>(
  args: readonly string[],
  accepted: {
    readonly options: readonly Option[];
    readonly switches?: readonly Switch[];
    readonly positionals?: readonly string[];
    /** After those, the names of those that may be left out. */
    readonly optional?: readonly string[];
  },
): Arguments<Option, Switch> {
  if (wantsHelp(args)) throw new HelpRequested();
  const { options, switches = [], positionals = [], optional = [] } = accepted;
  const parsed = parseStrictly(args, options, switches);
  const names = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = names.find((name, position) => names.indexOf(name) < position);
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice; give it once.`);
  const values = new Map(Object.entries(parsed.values));
  const empty = options.find((name) => values.get(name) === '');
  if (empty !== undefined) throw new UsageError(`--${empty} needs a value, and is given an empty one.`);
  const [surplus] = parsed.positionals.slice(positionals.length + optional.length);
  if (surplus !== undefined) throw new UsageError(`There is no place for ${quote(surplus)}.`);
  const [missing] = positionals.slice(parsed.positionals.length);
  if (missing !== undefined) throw new UsageError(`${missing} must be given.`);
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
    // The sentences after the first are advice to programmers.
    const [what = ''] = error instanceof Error ? error.message.split(/\.\s/) : [];
    throw new UsageError(`${escapeText(what)}.${meantOption(args, [...options, ...switches])}`);
  }
}

/** Suggests an option, with a space before the sentence, if an unknown one is given; '' for any other wrong usage. */
function meantOption(args: readonly string[], known: readonly string[]): string {
  const given = args.flatMap((arg) => /^--([^=]+)/.exec(arg)?.[1] ?? []);
  const unknown = given.find((name) => !known.includes(name));
  const meant = unknown === undefined ? undefined : closestWord(unknown, known);
  return meant === undefined ? '' : ` Did you mean --${meant}?`;
}
