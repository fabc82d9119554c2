// The snippets of docs/clients.md, made to run here: its bridge is ours, and its metadata server the sandbox's.
import { existsSync, readFileSync } from 'node:fs';

export interface Snippet {
  readonly language: 'sh' | 'python' | 'js' | 'ini';
  readonly text: string;
  /** What it needs that is not here, as its first line says: `# not run here: needs gcloud`. */
  readonly needs: string | undefined;
  /** Of the line in docs/clients.md at which it begins. */
  readonly line: number;
}

const DOCUMENT = new URL('../../docs/clients.md', import.meta.url).pathname;
const ROOT = new URL('../..', import.meta.url).pathname;
const FENCE = /^```(sh|python|js|ini)\n([^]*?)^```$/gm;

/** In their order; none where the document is not there. Other languages are text to read. */
export function readSnippets(): readonly Snippet[] {
  if (!existsSync(DOCUMENT)) return [];
  const text = readFileSync(DOCUMENT, 'utf8');
  return [...text.matchAll(FENCE)].map(({ 1: language, 2: snippet = '', index }) => ({
    language: language as Snippet['language'],
    text: snippet,
    needs: /^(?:#|\/\/) not run here: needs (.*)/.exec(snippet)?.[1],
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
