// An ESLint rule that reports discouraged phrases in comments, string literals and templates.
import type { Rule } from 'eslint';
import { discouragedPhrases } from './phrases.ts';

type Location = NonNullable<Rule.Node['loc']>;

export const discouragedPhrase: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    docs: { description: 'Follow the word list in test/prose/phrases.ts.' },
    messages: { phrase: 'Write {{instead}} instead of "{{found}}".' },
    schema: [],
  },
  create(context) {
    const check = (text: string, loc: Location | null | undefined): void => {
      for (const { found, instead } of discouragedPhrases(text)) {
        if (loc) context.report({ loc, messageId: 'phrase', data: { found, instead } });
      }
    };
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) check(comment.value, comment.loc);
      },
      Literal(node) {
        if (typeof node.value === 'string') check(node.value, node.loc);
      },
      TemplateElement(node) {
        check(node.value.raw, node.loc);
      },
    };
  },
};
