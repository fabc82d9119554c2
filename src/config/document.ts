// Reads YAML 1.2 into plain values, and remembers where in the text each value stands. Nothing else imports `yaml`.
import {
  type Document as YamlDocument,
  type Node,
  LineCounter,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from 'yaml';
import type { Problem } from './problem.ts';
import { type Path, escapeText, quote, showPath } from './show.ts';
import { LARGEST_DOCUMENT_BYTES } from './read-file.ts';

/** Where a value of the document stands, as messages tell it. */
export interface Location {
  readonly field: string;
  readonly line?: number;
  /** The value's own text where it is a scalar. */
  readonly source?: string;
}

export interface ConfigDocument {
  /** Plain values, of no particular form yet. */
  readonly raw: unknown;
  readonly problems: readonly Problem[];
  /** False where the text is so broken that fields may have gone astray: what else is wrong with it cannot be reported. */
  readonly readable: boolean;
  readonly locate: (path: Path) => Location;
}

/** Aliases are for a few repeated values. Finding the anchor of one walks the document: many would take for ever. */
const MOST_ALIASES = 500;

/** How far aliases within anchors may multiply, in the library's own count; past it, it is an attack ("billion laughs"). */
const MOST_ALIASED_VALUES = 5000;

/** Faults of the text after which every other field is still where the operator put it. */
const LEAVES_TREE_WHOLE: ReadonlySet<string> = new Set([
  'DUPLICATE_KEY',
  'NON_STRING_KEY',
  'TAG_RESOLVE_FAILED',
  'BAD_SCALAR_START',
  'BAD_DQ_ESCAPE',
]);

const FIXES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Keep one of the two.',
  NON_STRING_KEY: 'Write a plain name.',
  TAG_RESOLVE_FAILED: 'Remove the tag.',
  BAD_SCALAR_START: 'Put the value in quotes.',
  BAD_DQ_ESCAPE: 'Double the backslash, or use single quotes.',
  MULTIPLE_DOCS: 'Keep one document.',
  TAB_AS_INDENT: 'Indent with spaces.',
};

const EMPTY = { raw: undefined, readable: false, locate: (path: Path) => ({ field: showPath(path) }) };

type Position = ReturnType<LineCounter['linePos']>;

const syntaxProblem = ({ line, col }: Position, rule: string, fix: string): Problem => ({
  field: `line ${line}, column ${col}`,
  rule,
  fix,
});

/** The node at a path, through aliases; the nearest one above it where the path leads to nothing. */
function nodeAt(document: YamlDocument, path: Path): { node?: Node; exact: boolean } {
  const through = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  let node: unknown = through(document.contents);
  for (const step of path) {
    const next: unknown = isMap(node) || isSeq(node) ? through(node.get(step, true)) : undefined;
    if (!isNode(next)) return isNode(node) ? { node, exact: false } : { exact: false };
    node = next;
  }
  return isNode(node) ? { node, exact: true } : { exact: true };
}

/** What YAML allows and we do not: fields that would reach a JavaScript object's prototype; aliases to nothing. */
function findForbidden(document: YamlDocument, lines: LineCounter): Problem[] {
  const problems: Problem[] = [];
  let aliases = 0;
  const add = (node: Node, rule: string, fix: string) => {
    problems.push(syntaxProblem(lines.linePos(node.range?.[0] ?? 0), rule, fix));
  };
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__')
        add(key, '"__proto__" is no name for a field', 'Remove it.');
    },
    Alias: (_, alias) => {
      aliases += 1;
      if (aliases > MOST_ALIASES) throw new ReferenceError('Too many aliases');
      if (alias.resolve(document) !== undefined) return;
      add(
        alias,
        `${quote(`*${alias.source}`)} stands for no anchor above it`,
        'Put the value in quotes if it begins with *.',
      );
    },
  });
  return problems;
}

/** A text in another language is wrong in hundreds of places, and for one reason. */
const MOST_FAULTS_OF_A_KIND = 5;

/** Reads the text of a configuration; whatever is wrong with it becomes a problem, and nothing is thrown. */
export function readDocument(text: string): ConfigDocument {
  if (Buffer.byteLength(text) > LARGEST_DOCUMENT_BYTES) {
    const rule = `must be at most ${LARGEST_DOCUMENT_BYTES.toLocaleString('en')} bytes long`;
    return {
      ...EMPTY,
      problems: [{ field: 'the document', rule, fix: 'Split what it serves among several bridges.' }],
    };
  }
  try {
    return readYaml(text);
  } catch (error) {
    // As the library does: too many aliases are a ReferenceError, too deep a recursion the engine's own RangeError.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    const what =
      error instanceof ReferenceError ? 'repeats values by aliases too often' : 'is nested too deeply';
    return { ...EMPTY, problems: [{ field: 'the document', rule: what, fix: 'Write it plainly.' }] };
  }
}

/**
 * Messages about unexpected text end with the text, up to the whole document, and it may be a secret; that about
 * several documents ends with advice to programmers.
 */
const plainMessage = (code: string, message: string) =>
  message.replace(code === 'UNEXPECTED_TOKEN' ? /: .*$/s : /; please use .*$/s, '').slice(0, 120);

/** The parser's error covers a key's first letter alone. */
const keyAt = (text: string, start: number) =>
  /^["']?([^"':,\s]*)/.exec(text.slice(start, start + 200))?.[1] ?? '';

function readYaml(text: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    // A %YAML 1.1 line in the document would otherwise make `yes` a truth value and 0123 a number in base eight.
    schema: 'core',
    resolveKnownTags: false,
    merge: false,
    // Without it a bucket called 0123 would lose its zero.
    stringKeys: true,
    // Pretty errors quote the line, which may hold a secret.
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  const faults = [...document.errors, ...document.warnings];
  const counts = new Map<string, number>();
  const reported = faults.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= MOST_FAULTS_OF_A_KIND;
  });
  const problems = reported.map(({ code, message, pos }) => {
    const duplicate = code === 'DUPLICATE_KEY' ? `: ${quote(keyAt(text, pos[0]))}` : '';
    const why = escapeText(plainMessage(code, message));
    return syntaxProblem(
      lines.linePos(pos[0]),
      `${why}${duplicate}`,
      FIXES[code] ?? 'What follows is not checked before this is right.',
    );
  });
  const readable = faults.every(({ code }) => LEAVES_TREE_WHOLE.has(code));
  const forbidden = findForbidden(document, lines);
  problems.push(...forbidden);
  const unreported = faults.length - reported.length;
  if (unreported > 0)
    problems.push({
      field: 'the document',
      rule: `has ${unreported} more faults of these kinds`,
      fix: 'Is it a configuration in YAML at all?',
    });
  return {
    // An alias to nothing makes the conversion throw.
    raw:
      readable && forbidden.length === 0 ? document.toJS({ maxAliasCount: MOST_ALIASED_VALUES }) : undefined,
    problems,
    readable: readable && forbidden.length === 0,
    locate: (path) => {
      const { node, exact } = nodeAt(document, path);
      const start = node?.range?.[0];
      const source = exact && isScalar(node) ? node.source : undefined;
      return {
        field: showPath(path),
        ...(start === undefined || (!exact && path.length === 1) ? {} : { line: lines.linePos(start).line }),
        ...(source === undefined ? {} : { source }),
      };
    },
  };
}
