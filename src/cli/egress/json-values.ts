// Splits a stream into the JSON objects that it contains: one per line, or the elements of one array. At any time, only the
// object that is being read is in memory.

/** An object in the input, or the problem with a part of the input that is not an object. */
export type Entry =
  { readonly line: number; readonly value: unknown } | { readonly line: number; readonly problem: string };

/** The maximum length of one object. This maximum is far above 256 KiB, Cloud Logging's limit for a log entry. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

const TOO_LONG = { problem: 'is longer than 4 MiB' };

/** @param chunks the decoded text */
export async function* jsonValues(chunks: AsyncIterable<string>): AsyncGenerator<Entry> {
  let isArray: boolean | undefined;
  const lines = lineSplitter();
  const elements = elementSplitter();
  let start = '';
  for await (const chunk of chunks) {
    if (isArray !== undefined) {
      yield* isArray ? elements.add(chunk) : lines.add(chunk);
      continue;
    }
    start += chunk;
    // `trim` removes white space and a byte order mark.
    const text = start.trim();
    if (text === '') continue;
    isArray = text.startsWith('[');
    yield* isArray ? elements.add(start) : lines.add(start);
  }
  yield* isArray === true ? elements.end() : lines.end();
}

interface Splitter {
  add(chunk: string): Generator<Entry>;
  end(): Generator<Entry>;
}

function lineSplitter(): Splitter {
  let line = 1;
  let rest = '';
  let isTooLong = false;
  function* read(text: string): Generator<Entry> {
    if (isTooLong) yield { line, ...TOO_LONG };
    else if (text.trim() !== '') yield parsed(line, text);
    isTooLong = false;
    line += 1;
  }
  return {
    *add(chunk) {
      const parts = chunk.split('\n');
      for (const part of parts.slice(0, -1)) {
        yield* read(rest + part);
        rest = '';
      }
      rest += parts.at(-1) ?? '';
      if (rest.length > MAX_CHARACTERS) isTooLong = true;
      if (isTooLong) rest = '';
    },
    *end() {
      yield* read(rest);
    },
  };
}

const TEXT_AFTER = 'has text after the JSON array';
const NO_OBJECT = 'is not a JSON object in an array';

/** Matches text that may come before, between and after the elements: white space, commas, and the array's opening bracket. */
const IS_BETWEEN = /^[\s,[\uFEFF]*$/;

/**
 * Finds the elements of an array by their brackets. Stops at the first error, because the beginning of the next element is then
 * unknown.
 */
function elementSplitter(): Splitter {
  let line = 1;
  let startLine = 1;
  let element = '';
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  let hasFailed = false;
  function* fail(at: number, problem: string): Generator<Entry> {
    hasFailed = true;
    yield { line: at, problem };
  }
  return {
    *add(chunk) {
      let from = 0;
      for (let i = 0; i < chunk.length && !hasFailed; i += 1) {
        const character = chunk[i];
        if (character === '\n') line += 1;
        if (isInText) {
          if (isEscaped) isEscaped = false;
          else if (character === '\\') isEscaped = true;
          else if (character === '"') isInText = false;
        } else if (character === '"') isInText = true;
        else if (character === '{' || character === '[') {
          depth += 1;
          if (depth === 1 && character === '{') yield* fail(line, TEXT_AFTER);
          else if (depth === 2) {
            if (!IS_BETWEEN.test(element + chunk.slice(from, i))) yield* fail(line, NO_OBJECT);
            [element, from, startLine] = ['', i, line];
          }
        } else if (character === '}' || character === ']') {
          depth -= 1;
          if (depth === 1) {
            const entry = parsed(startLine, element + chunk.slice(from, i + 1));
            [element, from] = ['', i + 1];
            hasFailed = 'problem' in entry;
            yield entry;
          } else if (depth < 0) yield* fail(line, TEXT_AFTER);
          else if (depth === 0) {
            if (!IS_BETWEEN.test(element + chunk.slice(from, i))) yield* fail(line, NO_OBJECT);
            [element, from] = ['', i + 1];
          }
        }
      }
      if (hasFailed) return;
      element += chunk.slice(from);
      if (element.length > MAX_CHARACTERS) yield* fail(startLine, TOO_LONG.problem);
    },
    *end() {
      if (!hasFailed && depth > 0) yield* fail(line, 'ends before the end of the JSON array');
      else if (!hasFailed && element.trim() !== '') yield* fail(line, TEXT_AFTER);
    },
  };
}

function parsed(line: number, text: string): Entry {
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return { line, problem: 'is not JSON' };
  }
}
