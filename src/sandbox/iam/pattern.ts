// Matches IAM's patterns: `*`, `?`, the escapes `${*}` `${?}` `${$}`, and variables such as `${aws:PrincipalTag/team}`.

/** The values of a request's condition keys, by lower-case name. */
export type Context = ReadonlyMap<string, readonly string[]>;

const ANY_RUN = Symbol('*');
const ANY_ONE = Symbol('?');
type Element = string | typeof ANY_RUN | typeof ANY_ONE;

export interface Template {
  readonly text: string;
  /** Whether `${…}` is a variable. Policy versions before 2012-10-17 have no variables. */
  readonly variables: boolean;
  /** Whether `*` and `?` are wildcards, as in StringLike and resource ARNs. StringEquals treats them as literal characters. */
  readonly wildcards: boolean;
}

/** Whether a value matches a template. A template with a variable that has no value in the request matches nothing. */
export function fits(value: string, template: Template, context: Context): boolean {
  const pattern = elementsOf(template, context);
  return pattern !== undefined && matches(pattern, Array.from(value));
}

function elementsOf({ text, variables, wildcards }: Template, context: Context): Element[] | undefined {
  const elements: Element[] = [];
  const pieces = variables ? text.split(/(\$\{[^}]*\})/) : [text];
  for (const piece of pieces) {
    const variable = variables ? /^\$\{([^}]*)\}$/.exec(piece)?.[1] : undefined;
    if (variable !== undefined) {
      const literal = ['*', '?', '$'].includes(variable)
        ? variable
        : context.get(variable.toLowerCase())?.[0];
      if (literal === undefined) return undefined;
      elements.push(...Array.from(literal));
    } else {
      for (const character of piece) {
        if (wildcards && character === '*') elements.push(ANY_RUN);
        else if (wildcards && character === '?') elements.push(ANY_ONE);
        else elements.push(character);
      }
    }
  }
  return elements;
}

/** Backtracks only to the last `*`, because full backtracking could take exponential time. */
function matches(pattern: readonly Element[], value: readonly string[]): boolean {
  let at = 0;
  let run = -1;
  let retry = 0;
  let index = 0;
  while (index < value.length) {
    const element = pattern[at];
    if (element === ANY_RUN) {
      run = at++;
      retry = index;
    } else if (element !== undefined && (element === ANY_ONE || element === value[index])) {
      at++;
      index++;
    } else if (run >= 0) {
      at = run + 1;
      index = ++retry;
    } else {
      return false;
    }
  }
  while (pattern[at] === ANY_RUN) at++;
  return at === pattern.length;
}
