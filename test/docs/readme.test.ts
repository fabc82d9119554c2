// The README stays short, and tests run the client commands that it shows.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSnippets } from '../clients/snippets.ts';
import { blocks } from './markdown.ts';
import { textOf } from './render.ts';

const README = textOf('README.md');

describe('the README', () => {
  it('has at most 250 lines, and at most 900 words outside code and tables', () => {
    const prose = README.replace(/^```[^]*?^```/gm, '')
      .replace(/^\|.*$/gm, '')
      .replace(/\]\([^)]*\)/g, ']');
    const words = prose.split(/\s+/).filter((word) => word !== '').length;
    assert.ok(words <= 900, `${words} words`);
    assert.ok(README.split('\n').length <= 251);
  });

  it('shows no client commands except those in docs/how-to/clients, which test:clients runs', () => {
    const played = new Set(readSnippets().flatMap(({ text }) => text.split('\n')));
    const [, chapter = ''] = /^## Your first read[^\n]*\n([^]*?)^## /m.exec(README) ?? [];
    const lines = ['sh', 'python', 'ini']
      .flatMap((language) => blocks(language, chapter))
      .flatMap((block) => block.trim().split('\n'));
    assert.ok(lines.length > 7);
    for (const line of lines) assert.ok(played.has(line), line);
  });
});
