// The formats in which a configuration's `grants` and `operators` may name callers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertOneProblem, configWith, problemsWith } from './sample.ts';

const email = 'reader@acme-prod.iam.gserviceaccount.com';
const uniqueId = '112010400000000710080';

describe('the configuration', () => {
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
    ['user:Ana@acme.example', { kind: 'user', email: 'ana@acme.example' }],
    ['project:example.com:acme-prod', { kind: 'project', project: 'example.com:acme-prod' }],
  ] as const) {
    it(`accepts ${text} as a caller`, () => {
      const config = configWith(['grants 0 callers', [text]], ['operators', [text]]);
      assert.deepEqual(config.grants[0]?.callers, [expected]);
      assert.deepEqual(config.operators, [expected]);
    });
  }
});

describe('the configuration', () => {
  for (const [value, problem] of [
    [1120104000000007, /not the number .*Put the value in quotes/],
    [true, /not the boolean true\. Put the value in quotes/],
    ['', /not ""/],
    ['reader', /not "reader"/],
    ['*@acme-prod.iam.gserviceaccount.com', /Wildcards are not supported.*project:PROJECT_ID/],
    [`serviceAccount:${email}`, /Remove the prefix, and keep only the email\.$/],
    [`user:${email}`, /For a service account, remove user: and keep only the email\.$/],
    ['user:ana', /Write user: and the email of a person/],
    ['user:', /Write user: and the email of a person/],
    [
      'group:x@corp.example',
      /Groups and domains never match, because tokens do not contain them\. Name each caller/,
    ],
    ['domain:corp.example', /Groups and domains never match, because tokens do not contain them/],
    [
      'principalSet://iam.googleapis.com/projects/1/x',
      /workload and workforce identity pools cannot get ID tokens from Google/,
    ],
    [
      'principal://iam.googleapis.com/projects/1/x',
      /workload and workforce identity pools cannot get ID tokens from Google/,
    ],
    ['projectEditor:acme-prod', /To include every service account in a project, use/],
    ['constructor:acme-prod', /, not "constructor:acme-prod"\.?$/],
    ['allUsers', /Access cannot be granted to everyone/],
    ['123456789', /a unique ID/],
    [`${email}#`, /EMAIL#ID/],
    [`${email}#12`, /EMAIL#ID/],
    [`${email}#${uniqueId}#${uniqueId}`, /EMAIL#ID/],
    [`#${uniqueId}`, /EMAIL#ID/],
    ['project:Acme', /project:PROJECT_ID/],
    ['project:acme', /project:PROJECT_ID/],
    [
      'project:123456789012',
      /Use the project ID, not the project number.*gcloud projects describe 123456789012/,
    ],
    ['project:acme-prod-', /project:PROJECT_ID/],
    ['project:acme-prod.iam.gserviceaccount.com', /project:PROJECT_ID/],
    ['reader@acme-prod.iam.gserviceaccount.com\n', /\\u\{a\}/],
    ['reader@acme@example.com', /must be an email/],
    ['reаder@example.com', /must be an email/],
  ] as const) {
    it(`rejects ${JSON.stringify(value)} as a caller`, () => {
      assertOneProblem(problemsWith(['grants 0 callers', [value]]), problem);
    });
  }
});
