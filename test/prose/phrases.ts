// Words and phrases that this project does not use, and what to write instead. ESLint applies them to comments and string
// literals, markdownlint to Markdown.

/** A case-insensitive pattern, and the advice that completes the sentence "Write …". */
export interface Phrase {
  readonly pattern: string;
  readonly instead: string;
}

const SERVER = '(?:S3|STS|Google|AWS|KMS|IAM|Ceph|the (?:bridge|server|upstream|client|emulator))';

export const PHRASES: readonly Phrase[] = [
  { pattern: String.raw`\bsuppliers?\b`, instead: '"upstream"' },
  { pattern: String.raw`\b(?:an|the|its|no|each|every|this|that|of) answers?\b`, instead: '"response"' },
  {
    pattern: String.raw`\bask(?:s|ed|ing)? ${SERVER}(?:\b|$)`,
    instead: '"call" or "request": servers are called',
  },
  {
    pattern: String.raw`\b${SERVER} (?:tells|told|says|said|asks|asked|knows|believes)\b`,
    instead: '"reports", "returns", "logs" or "requests"',
  },
  { pattern: String.raw`\b(?:gone|going|goes|go|went) on with\b`, instead: '"resume" or "continue"' },
  { pattern: String.raw`\banew\b`, instead: '"again", "restart" or "reload"' },
  { pattern: String.raw`\bmend(?:s|ed|ing)?\b`, instead: '"fix"' },
  { pattern: String.raw`\bamid(?:st)?\b`, instead: '"during"' },
  { pattern: String.raw`\bin (?:the )?place of\b`, instead: '"instead of"' },
  {
    pattern: String.raw`\b(?:that|which|it) (?:is|are|was|were) none\b`,
    instead: '"invalid" or "is not a …"',
  },
  { pattern: String.raw`\bwhat is no\b`, instead: '"an invalid …"' },
  { pattern: String.raw`\bwho(?:m)?ever\b`, instead: '"anyone who" or "callers that"' },
  { pattern: String.raw`\bof ours\b`, instead: '"the bridge\'s"' },
  { pattern: String.raw`\bby (?:it|them)sel(?:f|ves)\b`, instead: '"on its own" or "automatically"' },
  { pattern: String.raw`\bwhose turn\b`, instead: '"who needs to act"' },
  { pattern: String.raw`\b(?:too|is|are) dear\b`, instead: '"expensive"' },
  {
    pattern: String.raw`\b(?:oftener|aught|ere|lest|thereof|whence|thence)\b`,
    instead: 'a present-day word',
  },
  { pattern: String.raw`^nothing here[.:]`, instead: '"No action needed"' },
  { pattern: '[’‘“”]', instead: 'straight quotes' },
  { pattern: String.raw`\bcame? about\b|\bcomes about\b`, instead: '"happen" or "was created"' },
  { pattern: String.raw`\bno more to be had\b|\bto be had\b`, instead: '"available"' },
];

const COMPILED = PHRASES.map(({ pattern, instead }) => ({ expression: new RegExp(pattern, 'giu'), instead }));

/** @returns the offset, the words and the advice for each discouraged phrase in `text` */
export function discouragedPhrases(text: string): { index: number; found: string; instead: string }[] {
  return COMPILED.flatMap(({ expression, instead }) =>
    Array.from(text.matchAll(expression), (match) => ({ index: match.index, found: match[0], instead })),
  );
}
