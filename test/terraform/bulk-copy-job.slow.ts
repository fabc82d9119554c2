// In the module bulk-copy, the variables determine when the transfer job runs and what it copies. The event queue accepts
// messages only from the bucket.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { argumentsOf, copyValues, EVENTS, module, ONCE, QUEUE_ARN, ROLE_ARN } from './bulk-copy.ts';
import type { Variables } from './sample.ts';

const JOB = 'google_storage_transfer_job.copy';

describe('the bulk-copy transfer job', () => {
  const day = (year: number, month: number, date: number) => [{ year, month, day: date }];

  it('copies the objects once, with the same names as in S3', async () => {
    const { transfer_spec: spec, schedule, event_stream: stream } = await argumentsOf(JOB, ONCE);
    assert.deepEqual(spec, [
      {
        aws_s3_data_source: [{ bucket_name: 'acme-lake', path: 'raw/public/', role_arn: ROLE_ARN }],
        gcs_data_sink: [{ bucket_name: 'acme-lake-copy', path: 'raw/public/' }],
        transfer_options: [{ overwrite_when: 'DIFFERENT' }],
      },
    ]);
    const date = day(2026, 12, 1);
    assert.deepEqual(schedule, [{ schedule_start_date: date, schedule_end_date: date }]);
    assert.equal(stream, undefined);
  });

  it('is repeated at the chosen time, without an end date', async () => {
    const daily = { ...ONCE, mode: 'schedule', start_time: '02:30', repeat: '6h' };
    assert.deepEqual((await argumentsOf(JOB, daily))['schedule'], [
      {
        schedule_start_date: day(2026, 12, 1),
        start_time_of_day: [{ hours: 2, minutes: 30, seconds: 0, nanos: 0 }],
        repeat_interval: '21600s',
      },
    ]);
  });

  it('copies each new object from the queue, without a schedule', async () => {
    const { schedule, event_stream: stream } = await argumentsOf(JOB, EVENTS);
    assert.equal(schedule, undefined);
    assert.deepEqual(stream, [{ name: QUEUE_ARN }]);
  });

  for (const [variables, source, sink] of [
    [{ prefix: null }, {}, {}],
    [{ sink_path: '' }, { path: 'raw/public/' }, { path: '' }],
    [{ sink_path: 'from-s3/' }, { path: 'raw/public/' }, { path: 'from-s3/' }],
    [
      { cloudfront_domain: 'https://d111111abcdef8.cloudfront.net' },
      { path: 'raw/public/', cloudfront_domain: 'https://d111111abcdef8.cloudfront.net' },
      { path: 'raw/public/' },
    ],
    [
      { managed_private_network: true },
      { path: 'raw/public/', managed_private_network: true },
      { path: 'raw/public/' },
    ],
  ] as const) {
    it(`has the expected source and sink for the variables ${JSON.stringify(variables)}`, async () => {
      const { transfer_spec: spec } = await argumentsOf(JOB, { ...ONCE, ...variables });
      assert.deepEqual(spec, [
        {
          aws_s3_data_source: [{ bucket_name: 'acme-lake', role_arn: ROLE_ARN, ...source }],
          gcs_data_sink: [{ bucket_name: 'acme-lake-copy', ...sink }],
          transfer_options: [{ overwrite_when: 'DIFFERENT' }],
        },
      ]);
    });
  }

  it('is allowed by the module to write to the sink, unless another instance of the module grants that permission', async () => {
    const roles = (more: Variables): Promise<unknown> =>
      copyValues({ ...ONCE, ...more }).evaluate(
        module.resources.find(({ address }) => address === 'google_storage_bucket_iam_member.sink')?.body[
          'for_each'
        ],
      );
    assert.deepEqual(await roles({}), ['roles/storage.legacyBucketWriter', 'roles/storage.objectViewer']);
    assert.deepEqual(await roles({ grant_sink_access: false }), []);
  });

  it('is created only after the API, the role, the queue and the permissions', () => {
    const dependencies = (address: string): unknown =>
      [...module.resources, ...module.data].find((block) => block.address === address)?.body['depends_on'];
    assert.deepEqual(dependencies('data.google_storage_transfer_project_service_account.agent'), [
      '${time_sleep.api}',
    ]);
    assert.deepEqual(dependencies('time_sleep.api'), ['${google_project_service.transfer}']);
    assert.deepEqual(dependencies(JOB), ['${time_sleep.permissions}']);
    assert.deepEqual(dependencies('time_sleep.permissions'), [
      '${aws_iam_role_policy.read}',
      '${aws_sqs_queue_policy.events}',
      '${google_storage_bucket_iam_member.sink}',
    ]);
  });
});

describe('the bulk-copy event queue', () => {
  const count = async (address: string, variables: Variables): Promise<unknown> =>
    copyValues(variables).evaluate(
      module.resources.find((block) => block.address === address)?.body['count'],
    );

  it("accepts messages only from the bucket in the AWS provider's account", async () => {
    const { policy } = await argumentsOf('aws_sqs_queue_policy.events', EVENTS, { count: { index: 0 } });
    assert.deepEqual(JSON.parse(String(policy)), {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: QUEUE_ARN,
          Condition: {
            StringEquals: { 'aws:SourceAccount': '123456789012' },
            ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::acme-lake' },
          },
        },
      ],
    });
  });

  it("gets notifications about the prefix only if the module may replace the bucket's notifications", async () => {
    const address = 'aws_s3_bucket_notification.events';
    assert.equal(await count(address, EVENTS), 1);
    assert.equal(await count(address, { ...EVENTS, replace_bucket_notifications: false }), 0);
    assert.equal(await count(address, ONCE), 0);
    assert.deepEqual((await argumentsOf(address, EVENTS))['queue'], [
      { queue_arn: QUEUE_ARN, events: ['s3:ObjectCreated:*'], filter_prefix: 'raw/public/' },
    ]);
  });
});
