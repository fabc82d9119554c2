// Validates a control request's fields. Each error names the field, states the rule, and suggests a fix.

export class BadField extends Error {
  readonly field: string;
  readonly rule: string;
  readonly remedy: string;
  constructor(field: string, rule: string, remedy: string) {
    super(`"${field}" ${rule}; ${remedy}`);
    this.field = field;
    this.rule = rule;
    this.remedy = remedy;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    // Invalid JSON causes the same error as JSON that is not an object.
  }
  throw new BadField('body', 'must be a JSON object', 'send, for example, {"upstream":"s3","fault":"hang"}');
}

export function refuseOthers(fields: Fields, known: readonly string[]): void {
  const other = Object.keys(fields).find((name) => !known.includes(name));
  if (other !== undefined)
    throw new BadField(other, 'is not a field of this request', `use ${known.join(', ')}`);
}

export function choice<Choice extends string>(
  fields: Fields,
  name: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((one) => one === fields[name]);
  if (found !== undefined) return found;
  throw new BadField(name, 'has an unknown value', `use one of ${choices.join(', ')}`);
}

export function optionalChoice<Choice extends string>(
  fields: Fields,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  return fields[name] === undefined ? undefined : choice(fields, name, choices);
}

export interface NumberRule {
  readonly least?: number;
  readonly most?: number;
  readonly integer?: boolean;
}

export function number(
  fields: Fields,
  name: string,
  { least = -Infinity, most = Infinity, integer }: NumberRule,
): number {
  const value = fields[name];
  const fits =
    typeof value === 'number' && value >= least && value <= most && (!integer || Number.isInteger(value));
  if (fits) return value;
  const bounds = [
    least > -Infinity ? `at least ${least}` : '',
    most < Infinity ? `at most ${most}` : '',
  ].filter(Boolean);
  const kind = integer ? 'a whole number' : 'a number';
  throw new BadField(
    name,
    `must be ${[kind, ...bounds].join(', ')}`,
    `write, for example, "${name}": ${Math.max(least, Math.min(1, most))}`,
  );
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new BadField(name, 'must be a non-empty string', `write, for example, "${name}": "…"`);
}

export function record(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new BadField(name, 'must be an object', `write, for example, "${name}": {}`);
}

/** Returns undefined if the field is absent. */
export function optional<Value>(
  fields: Fields,
  name: string,
  read: (fields: Fields, name: string) => Value,
): Value | undefined {
  return fields[name] === undefined ? undefined : read(fields, name);
}
