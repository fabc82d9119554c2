// How grants and operators name callers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertOneProblem, configWith, problemsWith } from './sample.ts';

const email = 'reader@acme-prod.iam.gserviceaccount.com';
const uniqueId = '112010400000000710080';

describe('a caller is', () => {
  for (const [text, expected] of [
    [email, { kind: 'email', email }],
    ['Reader@Acme-Prod.iam.gserviceaccount.com', { kind: 'email', email }],
    ["o'neil+lake@example.co.uk", { kind: 'email', email: "o'neil+lake@example.co.uk" }],
    [
      'reader@acme.example.com.iam.gserviceaccount.com',
      { kind: 'email', email: 'reader@acme.example.com.iam.gserviceaccount.com' },
    ],
    [uniqueId, { kind: 'id', uniqueId }],
    [`${email}#${uniqueId}`, { kind: 'email-and-id', email, uniqueId }],
    ['project:acme-prod', { kind: 'project', project: 'acme-prod' }],
    ['project:example.com:acme-prod', { kind: 'project', project: 'example.com:acme-prod' }],
  ] as const) {
    it(text, () => {
      const config = configWith(['grants 0 callers', [text]], ['operators', [text]]);
      assert.deepEqual(config.grants[0]?.callers, [expected]);
      assert.deepEqual(config.operators, [expected]);
    });
  }
});

describe('a caller is not', () => {
  for (const [value, problem] of [
    [1120104000000007, /not the number .*Quote it/],
    [true, /not the truth value true\. Quote it/],
    ['', /not ""/],
    ['reader', /not "reader"/],
    ['*@acme-prod.iam.gserviceaccount.com', /no wildcards.*project:PROJECT_ID/],
    [`serviceAccount:${email}`, /not an IAM member: write the e-mail alone/],
    ['user:ana@acme.example', /not an IAM member: write the e-mail alone/],
    ['group:x@corp.example', /matches nobody: tokens do not name groups or domains\. Name each caller/],
    ['domain:corp.example', /matches nobody: tokens do not name groups or domains/],
    ['principalSet://iam.googleapis.com/projects/1/x', /Google signs no ID tokens for .* pools/],
    ['principal://iam.googleapis.com/projects/1/x', /Google signs no ID tokens for .* pools/],
    ['projectEditor:acme-prod', /For every service account of a project write/],
    ['constructor:acme-prod', /, not "constructor:acme-prod"\.?$/],
    ['allUsers', /no grant to everybody/],
    ['123456789', /a unique ID/],
    [`${email}#`, /EMAIL#ID/],
    [`${email}#12`, /EMAIL#ID/],
    [`${email}#${uniqueId}#${uniqueId}`, /EMAIL#ID/],
    [`#${uniqueId}`, /EMAIL#ID/],
    ['project:Acme', /project:PROJECT_ID/],
    ['project:acme', /project:PROJECT_ID/],
    [
      'project:123456789012',
      /e-mails contain the project's ID, not its number.*gcloud projects describe 123456789012/,
    ],
    ['project:acme-prod-', /project:PROJECT_ID/],
    ['project:acme-prod.iam.gserviceaccount.com', /project:PROJECT_ID/],
    ['reader@acme-prod.iam.gserviceaccount.com\n', /\\u\{a\}/],
    ['reader@acme@example.com', /must be an e-mail/],
    ['reаder@example.com', /must be an e-mail/],
  ] as const) {
    it(JSON.stringify(value), () => {
      assertOneProblem(problemsWith(['grants 0 callers', [value]]), problem);
    });
  }
});
