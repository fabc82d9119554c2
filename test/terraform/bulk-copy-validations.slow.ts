// Each validation rule for the variables of the module bulk-copy rejects a wrong value and states the remedy. Sensible values
// are accepted.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyValues, EVENTS, module, ONCE } from './bulk-copy.ts';
import type { Variables } from './sample.ts';

const rulesOf = ({ body }: (typeof module.variables)[number]): { error_message: string }[] =>
  (body['validation'] ?? []) as { error_message: string }[];

const WRONG: readonly (readonly [variable: string, value: unknown, rule: RegExp, others?: Variables])[] = [
  ['project', '123456789012', /project ID/],
  ['source_bucket', 's3://acme-lake', /no s3:\/\/ URL/],
  ['source_bucket', 'lake-x1y2z3-s3alias', /access point/],
  ['sink_bucket', 'gs://acme-lake-copy', /without gs:\/\//],
  ['prefix', 'raw/public', /end with "\/"/],
  ['prefix', '/raw/', /not begin with "\/"/],
  ['prefix', '', /end with "\/"/],
  ['sink_path', 'copy', /empty, or end with/],
  ['mode', 'daily', /once, schedule or events/],
  ['start_date', null, /must be a day/],
  ['start_date', '1.12.2026', /must be a day/],
  ['start_date', '2026-13-01', /must be a day/],
  ['start_date', '2026-12-01', /omitted if mode is events/, EVENTS],
  ['start_time', '2:30', /00:00 to 23:59/],
  ['start_time', '02:30', /omitted if mode is events/, EVENTS],
  ...['30m', '24', '0h', '1d'].map((repeat) => ['repeat', repeat, /whole number of hours/] as const),
  ['replace_bucket_notifications', null, /must be set if mode is events/, EVENTS],
  ['replace_bucket_notifications', false, /must be omitted otherwise/],
  ['cloudfront_domain', 'd111111abcdef8.cloudfront.net', /must be https:\/\//],
  ['managed_private_network', true, /one path/, { cloudfront_domain: 'https://d1.cloudfront.net' }],
  ['kms_keys', ['alias/lake'], /must be ARNs/],
  ['overwrite', 'yes', /different, never or always/],
  ['name', 'fedbridge copy', /letters, digits, hyphens/],
  ['aws_role', { path: 'data' }, /begin and end with/],
  ['aws_role', { permissions_boundary: 'boundary' }, /ARN of an IAM policy/],
];

describe('the validation of variables in the module bulk-copy', () => {
  const problemsOf = ([variable, value, , others = {}]: (typeof WRONG)[number]): Promise<string[]> =>
    copyValues({ ...('mode' in others ? {} : ONCE), ...others, [variable]: value }).problemsOf(variable);

  for (const wrong of WRONG) {
    it(`rejects ${wrong[0]} = ${JSON.stringify(wrong[1])}`, async () => {
      const problems = await problemsOf(wrong);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems.join(), wrong[2]);
    });
  }
  it('is tested with an invalid value for every rule', async () => {
    const tried = (await Promise.all(WRONG.map(problemsOf))).flat();
    const rules = module.variables.flatMap(rulesOf).map(({ error_message: message }) => message);
    assert.deepEqual(
      rules.filter((message) => !tried.includes(message)),
      [],
    );
  });
  it('exists for every variable except a few boolean variables', () => {
    const unchecked = module.variables.filter((block) => rulesOf(block).length === 0);
    assert.deepEqual(
      unchecked.map(({ body }) => body['type']),
      unchecked.map(() => '${bool}'),
    );
  });
  for (const variables of [
    ONCE,
    EVENTS,
    { ...ONCE, prefix: null, sink_path: '', start_time: '23:59' },
    { ...ONCE, mode: 'schedule', repeat: '168h', kms_keys: [], managed_private_network: true },
  ]) {
    it(`accepts ${JSON.stringify(variables)}`, async () => {
      const values = copyValues(variables);
      for (const { name } of module.variables) assert.deepEqual(await values.problemsOf(name), [], name);
    });
  }
});
