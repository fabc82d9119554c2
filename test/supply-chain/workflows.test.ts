// The CI workflow runs the stages of .ci/run, and the release workflow publishes nothing until every placeholder is
// replaced.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { ROOT, textOf } from './packages.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly needs?: readonly string[];
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflow = (name: string): Workflow => parse(textOf(`.github/workflows/${name}.yml`)) as Workflow;
const ci = workflow('ci');
const release = workflow('release');

const commandsOf = ({ steps = [] }: Job): string[] =>
  steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

describe('the files in .github', () => {
  for (const path of globSync('.github/**/*.yml', { cwd: ROOT }))
    it(`include ${path}, which is valid YAML without duplicate keys`, () => {
      assert.equal(typeof parse(textOf(path)), 'object');
    });
});

describe('the CI workflow', () => {
  const stages = textOf('.ci/run')
    .split('\n')
    .filter((line) => /^(?:npm|node_modules\/\.bin\/node) /.test(line))
    .map((line) => line.replace(/ \| tee .*$/, ''));

  it('runs each stage of .ci/run in exactly one job, and runs nothing else', () => {
    const commands = Object.values(ci.jobs).flatMap((job) => {
      const [install, ...others] = commandsOf(job);
      assert.equal(install, 'npm ci');
      return others;
    });
    // npm's public registry supports audits, so CI can require a result.
    const withoutOption = commands.map((command) => command.replace(/ --required$/, ''));
    assert.ok(stages.length > 5);
    assert.deepEqual(['npm ci', ...withoutOption].toSorted(), stages.toSorted());
  });

  it('has only read permissions', () => {
    assert.deepEqual(ci.permissions, { contents: 'read' });
    for (const job of Object.values(ci.jobs)) assert.equal(job.permissions, undefined);
  });
});

describe('the release workflow', () => {
  const jobs = Object.entries(release.jobs);

  it('checks for placeholders before every other job, and uses no action to do so', () => {
    const { placeholders, ...others } = release.jobs;
    assert.ok(placeholders);
    assert.ok(placeholders.steps?.every(({ uses }) => uses === undefined));
    assert.ok(commandsOf(placeholders).includes('.ci/placeholders'));
    for (const [name, { needs = [] }] of Object.entries(others))
      assert.ok(needs.includes('placeholders'), name);
  });

  it('publishes only after the tests', () => {
    const publishing = jobs.filter(([, { permissions = {} }]) =>
      Object.values(permissions).includes('write'),
    );
    assert.deepEqual(
      publishing.map(([name]) => name),
      ['image', 'npm', 'release'],
    );
    for (const [name, { needs = [] }] of publishing) assert.ok(needs.includes('test'), name);
  });

  it('declares permissions for each job, and grants none by default', () => {
    assert.deepEqual(release.permissions, {});
    for (const [name, { permissions }] of jobs) assert.ok(permissions !== undefined, name);
  });

  it('uses only actions pinned to a commit and images pinned to a digest, or placeholders for them', () => {
    for (const { uses } of jobs.flatMap(([, { steps = [] }]) => steps))
      if (uses !== undefined) assert.match(uses, /^[\w./-]+@(?:[0-9a-f]{40}|FILL-IN[-]COMMIT-SHA)$/);
    for (const [, digest] of textOf('.github/workflows/release.yml').matchAll(
      /^.*(?:debian|node):\d\S*?(@\S+)?$/gm,
    ))
      assert.match(digest ?? '', /^@sha256:(?:[0-9a-f]{64}|FILL-IN[-]DIGEST)$/);
  });

  it('does not use expressions in shell commands', () => {
    for (const [name, job] of jobs)
      for (const command of commandsOf(job)) assert.doesNotMatch(command, /\$\{\{/, name);
  });
});

for (const [name, { jobs }] of Object.entries({ ci, release, codeql: workflow('codeql') }))
  it(`every job of ${name}.yml that runs steps has a timeout`, () => {
    for (const [id, job] of Object.entries(jobs))
      if (job.uses === undefined) assert.ok((job['timeout-minutes'] ?? 360) <= 120, id);
  });

/** The text is split, so that this file contains no placeholder. */
const MARK = ['FILL', 'IN'].join('-');

describe('the script .ci/placeholders', () => {
  const check = (directory: string) =>
    spawnSync(join(ROOT, '.ci/placeholders'), [directory], { encoding: 'utf8' });

  const repositoryWith = (text: string): string => {
    const directory = mkdtempSync(join(tmpdir(), 'fedbridge-placeholders-'));
    writeFileSync(join(directory, 'CODEOWNERS'), text);
    return directory;
  };

  it('passes if there are no placeholders', () => {
    const directory = repositoryWith('* @acme/lake\n');
    assert.deepEqual([check(directory).status, check(directory).stdout], [0, '']);
    rmSync(directory, { recursive: true });
  });

  it('fails and lists each placeholder by file and line', () => {
    const directory = repositoryWith(`# Owners\n* @${MARK}-OWNER\n`);
    const { status, stdout, stderr } = check(directory);
    assert.deepEqual([status, stdout], [1, `CODEOWNERS:2:* @${MARK}-OWNER\n`]);
    assert.match(stderr, /^\nPlaceholders: replace each of these/);
    rmSync(directory, { recursive: true });
  });
});
