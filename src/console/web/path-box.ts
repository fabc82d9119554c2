// Two input boxes: one opens a place by its path, and one searches in a folder.
import { useId, useState } from 'preact/hooks';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { folderOf, open, placeAtPath } from './place.ts';
import type { FolderPlace } from './place.ts';
import { visible } from './shown-text.ts';

/** @param props.value the path that is shown at first */
export function PathBox({ value }: { readonly value: string }): Html {
  const [text, setText] = useState(value);
  const id = useId();
  const submit = (event: Event): void => {
    event.preventDefault();
    const place = placeAtPath(text);
    if (place !== undefined) open(place);
  };
  return html`<form class="box" onSubmit=${submit}>
    <label for=${id}>Path of a folder (ends with /) or an object</label>
    <div class="row">
      <input
        id=${id}
        type="text"
        value=${text}
        placeholder="s3://bucket/folder/"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        onInput=${(event: InputEvent) => {
          setText((event.target as HTMLInputElement).value);
        }}
      />
      <button type="submit">Open</button>
    </div>
  </form>`;
}

export function PrefixSearch({ place }: { readonly place: FolderPlace }): Html {
  const { bucket, prefix } = place;
  const folder = folderOf(prefix);
  const [text, setText] = useState(prefix.slice(folder.length));
  const id = useId();
  const submit = (event: Event): void => {
    event.preventDefault();
    open({ view: 'folder', bucket, prefix: folder + text });
  };
  return html`<form class="box" role="search" onSubmit=${submit}>
    <label for=${id}>Names in this folder that begin with</label>
    <div class="row">
      <input
        id=${id}
        type="search"
        value=${text}
        aria-describedby=${`${id}-note`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        onInput=${(event: InputEvent) => {
          setText((event.target as HTMLInputElement).value);
        }}
      />
      <button type="submit">Search by prefix</button>
    </div>
    <p class="fine" id=${`${id}-note`}>
      S3 searches by prefix only, in ${visible(`s3://${bucket}/${folder}`)}. It cannot find text inside names.
    </p>
  </form>`;
}
