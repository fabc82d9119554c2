// A markdownlint rule that reports discouraged phrases in Markdown, except in code blocks and code spans.
import type { MicromarkToken, Rule } from 'markdownlint';
import { discouragedPhrases } from './phrases.ts';

const rule: Rule = {
  names: ['discouraged-phrase'],
  description: 'Follow the word list in test/prose/phrases.ts',
  tags: ['prose'],
  parser: 'micromark',
  function(params, onError) {
    for (const { startLine, text } of words(params.parsers.micromark.tokens))
      for (const { found, instead } of discouragedPhrases(text))
        onError({ lineNumber: startLine, detail: `Write ${instead} instead of "${found}".` });
  },
};
export default rule;

/** Yields the tokens of text outside code. For code, micromark uses other token types. */
function* words(tokens: readonly MicromarkToken[]): Generator<MicromarkToken> {
  for (const token of tokens) {
    if (token.type === 'data') yield token;
    yield* words(token.children);
  }
}
