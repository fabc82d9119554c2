// The word list finds discouraged phrases in sentences, code and Markdown, and does not match ordinary English.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Linter } from 'eslint';
import { lint } from 'markdownlint/promise';
import tseslint from 'typescript-eslint';
import { discouragedPhrase } from './eslint-rule.ts';
import markdownRule from './markdownlint-rule.ts';
import { discouragedPhrases } from './phrases.ts';

const DISCOURAGED = [
  'the supplier failed',
  'S3 gives an answer',
  'asks STS for credentials',
  'STS says no',
  'the body is gone on with',
  'start the bridge anew',
  'Mend the file',
  'amid a body',
  'in the place of a token',
  'a token that is none',
  'What is no key is rejected',
  'Whoever reads this',
  'a bug of ours',
  'renews by itself',
  'says whose turn it is',
  'that is dear',
  'lest it fails',
  'Nothing here.',
  'the bridge’s own token',
  'how it came about',
  'the rest was not to be had',
];

const ORDINARY = [
  'The bridge returns undefined if there is none.',
  'It answers within a second.',
  'Ask the owner of the bucket.',
  'Recommended, amended and commended.',
  'It proves nothing here, but elsewhere.',
];

describe('the word list', () => {
  for (const sentence of DISCOURAGED)
    it(`finds "${sentence}"`, () => {
      assert.equal(discouragedPhrases(sentence).length, 1);
    });

  for (const sentence of ORDINARY)
    it(`accepts "${sentence}"`, () => {
      assert.deepEqual(discouragedPhrases(sentence), []);
    });
});

it('the ESLint rule reads comments, strings and templates, but not identifiers', () => {
  const code = [
    '// Start it anew.',
    "const supplier = 'mend it';",
    'export const text = `${supplier} amid others`;',
  ].join('\n');
  const problems = new Linter().verify(code, {
    languageOptions: { parser: tseslint.parser },
    plugins: { prose: { rules: { 'discouraged-phrase': discouragedPhrase } } },
    rules: { 'prose/discouraged-phrase': 'error' },
  });
  assert.deepEqual(
    problems.map(({ line, message }) => [line, message]),
    [
      [1, 'Write "again", "restart" or "reload" instead of "anew".'],
      [2, 'Write "fix" instead of "mend".'],
      [3, 'Write "during" instead of "amid".'],
    ],
  );
});

it('the markdownlint rule reads sentences, headings and tables, but not code', async () => {
  const page = [
    '# Mend it',
    '',
    'Start `anew` or anew.',
    '',
    '| a |',
    '|---|',
    '| amid |',
    '',
    '```text',
    'anew',
    '```',
    '',
  ];
  const { page: problems = [] } = await lint({
    strings: { page: page.join('\n') },
    customRules: [markdownRule],
    config: { default: false, 'discouraged-phrase': true },
  });
  assert.deepEqual(
    problems.map(({ lineNumber }) => lineNumber),
    [1, 3, 7],
  );
});
