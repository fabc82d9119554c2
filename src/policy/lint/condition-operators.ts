// IAM's condition operators: what each operator compares, and whether a request without the key meets the condition.

/**
 * `text` and `pattern` operators accept the listed values, and `negated` operators exclude them. `number` and `other` operators
 * do not compare strings.
 */
type Comparison = 'text' | 'pattern' | 'negated' | 'null' | 'number' | 'other';

export interface Operator {
  readonly comparison: Comparison;
  readonly everyValue: boolean;
  readonly ifExists: boolean;
  /**
   * Whether a request without the key meets a condition with this operator (IAM user guide, "IAM JSON policy elements: Condition
   * operators").
   */
  metWithoutKey(values: readonly string[]): boolean;
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  stringequals: 'text',
  stringequalsignorecase: 'text',
  stringlike: 'pattern',
  stringnotequals: 'negated',
  stringnotequalsignorecase: 'negated',
  stringnotlike: 'negated',
  null: 'null',
};

const OTHERS =
  /^(?:arn(?:not)?(?:equals|like)|numeric(?:(?:not)?equals|(?:less|greater)than(?:equals)?)|date(?:(?:not)?equals|(?:less|greater)than(?:equals)?)|bool|binaryequals|(?:not)?ipaddress)$/;

const FORM = /^(?:(forallvalues|foranyvalue):)?(\w+?)(ifexists)?$/;

/** @returns undefined if IAM has no such operator */
export function readOperator(text: string): Operator | undefined {
  const [, quantifier, name = '', exists] = FORM.exec(text.toLowerCase()) ?? [];
  const comparison = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (comparison === undefined && !OTHERS.test(name)) return undefined;
  const negated = name.includes('not') && quantifier === undefined;
  const everyValue = quantifier === 'forallvalues';
  const ifExists = exists !== undefined;
  return {
    comparison: comparison ?? (name.startsWith('numeric') ? 'number' : 'other'),
    everyValue,
    ifExists,
    metWithoutKey: (values) =>
      comparison === 'null'
        ? values.some((value) => value.toLowerCase() === 'true')
        : everyValue || ifExists || negated,
  };
}
