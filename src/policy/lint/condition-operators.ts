// IAM's condition operators: what each compares, and what it does where a request lacks the key.

/** `text` and `pattern` name who is meant; `negated` whoever is not; `number` and `other` compare no texts. */
type Comparison = 'text' | 'pattern' | 'negated' | 'null' | 'number' | 'other';

export interface Operator {
  readonly comparison: Comparison;
  readonly everyValue: boolean;
  readonly ifExists: boolean;
  /** Whether it is met by a request that has no such key (IAM user guide, "IAM JSON policy elements: Condition operators"). */
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

/** Undefined where IAM has no such operator. */
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
