// Options of Node that turn its protections off, on its command line or in NODE_OPTIONS.

/** What each does; the bridge starts with none of them. */
const UNSAFE: ReadonlyMap<string, string> = new Map([
  ['--insecure-http-parser', 'has Node accept malformed HTTP, with which requests can be smuggled'],
  ['--tls-keylog', 'has Node write the keys of TLS connections to a file'],
  ['--tls-min-v1.0', 'has Node accept TLS 1.0, which is broken'],
  ['--tls-min-v1.1', 'has Node accept TLS 1.1, which is broken'],
  ['--security-revert', 'has Node undo security fixes'],
  ['--experimental-config-file', 'has Node read options from a file that the bridge does not check'],
]);

/** `--inspect`, `--inspect-brk`, `--inspect-wait`, and what only counts when one of them, or SIGUSR1, starts the inspector. */
const INSPECTOR = '--inspect';
const INSPECTS = 'lets anyone who reaches the port of its inspector run code in this process';

/**
 * @param options.commandLine `process.execArgv`
 * @param options.variable the value of NODE_OPTIONS
 * @returns the first unsafe option, in the form of Node's documentation, and what it does
 */
export function unsafeOption(options: {
  readonly commandLine: readonly string[];
  readonly variable: string;
  readonly mayBeInspected: boolean;
}): { readonly name: string; readonly does: string } | undefined {
  for (const word of [...options.commandLine, ...wordsOf(options.variable)]) {
    // Node takes underscores for hyphens in names.
    const name = word.replace(/=.*$/s, '').replaceAll('_', '-');
    const does = name.startsWith(INSPECTOR) && !options.mayBeInspected ? INSPECTS : UNSAFE.get(name);
    if (does !== undefined) return { name, does };
  }
  return undefined;
}

/** As Node splits NODE_OPTIONS: at spaces outside of double quotes, in which a backslash escapes the next letter. */
function wordsOf(text: string): readonly string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|[^" ])+/gs) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"/gs, (_, quoted: string) => quoted.replace(/\\(.)/gs, '$1')),
  );
}
