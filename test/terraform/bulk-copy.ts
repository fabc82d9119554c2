// Evaluates the module bulk-copy with a test's variables, and stand-ins for values that Google Cloud and AWS return.
import assert from 'node:assert/strict';
import { META_ARGUMENTS } from './block-checks.ts';
import { moduleValues } from './module-values.ts';
import type { ModuleValues } from './module-values.ts';
import { bodiesOf, readModule } from './modules.ts';
import type { Body } from './modules.ts';
import type { Variables } from './sample.ts';

export const SUBJECT_ID = '110334567890123456789';
export const ROLE_ARN = 'arn:aws:iam::123456789012:role/fedbridge-copy';
export const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:123456789012:fedbridge-copy';

/** The required variables for a copy that runs once. */
export const ONCE: Variables = {
  project: 'acme-prod',
  source_bucket: 'acme-lake',
  prefix: 'raw/public/',
  sink_bucket: 'acme-lake-copy',
  start_date: '2026-12-01',
};

/** The required variables for copying each new object. */
export const EVENTS: Variables = {
  project: 'acme-prod',
  source_bucket: 'acme-lake',
  prefix: 'raw/public/',
  sink_bucket: 'acme-lake-copy',
  mode: 'events',
  replace_bucket_notifications: true,
};

const standInsFor = ({ mode }: Variables): Variables => ({
  data: {
    aws_caller_identity: { current: { account_id: '123456789012' } },
    aws_partition: { current: { partition: 'aws' } },
    google_storage_transfer_project_service_account: {
      agent: { subject_id: SUBJECT_ID, member: 'serviceAccount:project-1@storage-transfer-service.example' },
    },
  },
  aws_iam_role: { copy: { arn: ROLE_ARN } },
  aws_sqs_queue: { events: mode === 'events' ? [{ arn: QUEUE_ARN, id: 'https://sqs.example/queue' }] : [] },
});

export const module = await readModule('modules/bulk-copy');

export const copyValues = (variables: Variables, more: Variables = {}): ModuleValues =>
  moduleValues(module, variables, { ...standInsFor(variables), ...more });

/**
 * @returns a resource's arguments without its meta-arguments; arguments that are null are omitted, and dynamic blocks become
 * plain blocks
 */
export async function argumentsOf(
  address: string,
  variables: Variables,
  more: Variables = {},
): Promise<Body> {
  const block = module.resources.find((resource) => resource.address === address);
  assert.ok(block, `there is no ${address}`);
  const own = Object.entries(block.body).filter(([name]) => name === 'dynamic' || !META_ARGUMENTS.has(name));
  return expanded(Object.fromEntries(own), variables, more);
}

async function expanded(body: Body, variables: Variables, more: Variables): Promise<Body> {
  const values = copyValues(variables, more);
  const { dynamic, ...own } = body;
  const plain = Object.entries(own).map(async ([name, value]) => {
    const nested = bodiesOf(value).filter((item) => typeof item === 'object');
    return nested.length === 0
      ? [name, await values.evaluate(value)]
      : [name, await Promise.all(nested.map((inner) => expanded(inner, variables, more)))];
  });
  const repeated = Object.entries((dynamic ?? {}) as Record<string, Body[]>).map(async ([name, [block]]) => {
    const items = (await values.evaluate(block?.['for_each'])) as unknown[];
    const [content = {}] = bodiesOf(block?.['content']);
    const blocks = items.map((value) => expanded(content, variables, { ...more, [name]: { value } }));
    return [name, await Promise.all(blocks)];
  });
  const entries = (await Promise.all([...plain, ...repeated])) as [string, unknown][];
  return Object.fromEntries(
    entries.filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
}
