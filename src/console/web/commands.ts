// Commands that read an object through the bridge, for a shell and for Python. The text that is shown is exactly the text that
// is copied.

/** Characters that a terminal would hide or interpret. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

export interface Command {
  readonly name: string;
  readonly text: string;
}

/** @param audience the audience of tokens for the bridge, which is usually the bridge's URL */
export function commandsFor(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  audience: string,
): readonly Command[] {
  const bridge = /^https?:\/\//.test(audience) ? audience.replace(/\/+$/, '') : 'https://BRIDGE';
  const query = `bucket=${encodeURIComponent(bucket)}&key=${encodeURIComponent(key)}`;
  const uri = `s3://${bucket}/${key}`;
  return [
    { name: 'S3 URI', text: UNSAFE.test(uri) ? shellQuoted(uri) : uri },
    {
      name: 'curl',
      text: `curl -H "Authorization: Bearer $TOKEN" -o object ${shellQuoted(`${bridge}/-/object?${query}`)}`,
    },
    { name: 'AWS CLI', text: `aws s3 cp --endpoint-url ${shellQuoted(bridge)} ${shellQuoted(uri)} .` },
    {
      name: 'boto3',
      text: `boto3.client("s3", endpoint_url=${pythonQuoted(bridge)}).get_object(Bucket=${pythonQuoted(bucket)}, Key=${pythonQuoted(key)})`,
    },
  ];
}

/**
 * Quotes a text for a shell. If a terminal would hide some of its characters, uses `$'…'`, in which Bash and Zsh accept the
 * bytes of characters as escapes.
 */
function shellQuoted(text: string): string {
  if (!UNSAFE.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = [...new TextEncoder().encode(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w./:@%+=,-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `$'${escaped.join('')}'`;
}

function pythonQuoted(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return UNSAFE.test(character) ? `\\U${code.toString(16).padStart(8, '0')}` : character;
  });
}
