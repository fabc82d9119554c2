// The snippets of docs/how-to/clients/ except settings.md (settings-page.ts), adapted to the test's bridge and the sandbox's metadata server.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Snippet {
  readonly language: 'sh' | 'python' | 'js' | 'ini';
  readonly text: string;
  /**
   * The program or service that the snippet needs, but that is not available in the tests. The snippet's first line names it,
   * for example `# not run here: needs gcloud`.
   */
  readonly needs: string | undefined;
  /** The file name in docs/how-to/clients/. */
  readonly page: string;
  readonly line: number;
}

const ROOT = new URL('../..', import.meta.url).pathname;
const PAGES = join(ROOT, 'docs/how-to/clients');
const FENCE = /^```(sh|python|js|ini)\n([^]*?)^```$/gm;

/**
 * Returns the snippets in page order, with README.md first because the other pages build on it. Code blocks in other
 * languages are omitted.
 */
export function readSnippets(): readonly Snippet[] {
  return globSync('*.md', { cwd: PAGES, exclude: ['settings.md'] })
    .toSorted()
    .flatMap(snippetsOf);
}

function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(PAGES, page), 'utf8');
  return [...text.matchAll(FENCE)].map(({ 1: language, 2: snippet = '', index }) => ({
    language: language as Snippet['language'],
    text: snippet,
    needs: /^(?:#|\/\/) not run here: needs (.*)/.exec(snippet)?.[1],
    page,
    line: text.slice(0, index).split('\n').length,
  }));
}

/** @param metadata the host of a machine's metadata server */
export function here({ text }: Snippet, bridge: string, metadata: string): string {
  return text
    .replaceAll('https://lake-bridge.example', bridge)
    .replaceAll('lake-bridge.example', new URL(bridge).host)
    .replaceAll('metadata.google.internal', metadata)
    .replaceAll('/usr/local/bin/caller-credentials.sh', `${ROOT}deploy/caller-credentials.sh`)
    .replaceAll(/^use_https = True$/gm, 'use_https = False');
}
