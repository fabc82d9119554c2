// Finds Node options that turn off protections, on the command line or in NODE_OPTIONS.

/** Maps each unsafe option to a description of its effect. The bridge refuses to start with any of these options. */
const UNSAFE: ReadonlyMap<string, string> = new Map([
  ['--insecure-http-parser', 'makes Node accept malformed HTTP, which allows request smuggling'],
  ['--tls-keylog', 'makes Node write the keys of TLS connections to a file'],
  ['--tls-min-v1.0', 'makes Node accept TLS 1.0, which is insecure'],
  ['--tls-min-v1.1', 'makes Node accept TLS 1.1, which is insecure'],
  ['--security-revert', 'makes Node revert security fixes'],
  ['--experimental-config-file', 'makes Node read options from a file that the bridge does not check'],
]);

/**
 * The prefix of all inspector options. Some of these options start the inspector (`--inspect`, `--inspect-brk`,
 * `--inspect-wait`); the others take effect only if the inspector has been started, by an option or by SIGUSR1.
 */
const INSPECTOR = '--inspect';
const INSPECTS = 'lets anyone who can reach the inspector port run code in this process';

/**
 * @param options.commandLine `process.execArgv`
 * @param options.variable the value of NODE_OPTIONS
 * @returns the first unsafe option, spelled as in Node's documentation, and its effect
 */
export function unsafeOption(options: {
  readonly commandLine: readonly string[];
  readonly variable: string;
  readonly mayBeInspected: boolean;
}): { readonly name: string; readonly does: string } | undefined {
  for (const word of [...options.commandLine, ...wordsOf(options.variable)]) {
    // Node accepts underscores instead of hyphens in names.
    const name = word.replace(/=.*$/s, '').replaceAll('_', '-');
    const does = name.startsWith(INSPECTOR) && !options.mayBeInspected ? INSPECTS : UNSAFE.get(name);
    if (does !== undefined) return { name, does };
  }
  return undefined;
}

/** Splits NODE_OPTIONS as Node does: at spaces outside double quotes. Inside quotes, a backslash escapes the next character. */
function wordsOf(text: string): readonly string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|[^" ])+/gs) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"/gs, (_, quoted: string) => quoted.replace(/\\(.)/gs, '$1')),
  );
}
