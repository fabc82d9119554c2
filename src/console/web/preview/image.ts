// The preview of an image, drawn on a canvas: the page's policy forbids images from `blob:` URLs, and an SVG file cannot be drawn.
import { useEffect, useRef } from 'preact/hooks';
import { ErrorNotice } from '../error-notice.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { shownSize, visible } from '../shown-text.ts';
import { useLoaded } from '../use-loaded.ts';
import { lastSegment } from '../folder-view.ts';
import { readSample } from './source.ts';
import type { Source } from './source.ts';

const MAX_BYTES = 10 * 1024 * 1024;

export function ImagePreview({ source }: { readonly source: Source }): Html {
  if (source.size > MAX_BYTES)
    return html`<p>
      The console shows images of up to ${shownSize(MAX_BYTES)}. You can download the object.
    </p>`;
  return html`<${SmallImage} source=${source} />`;
}

function SmallImage({ source }: { readonly source: Source }): Html {
  const { bucket, key, etag } = source;
  const image = useLoaded(
    async (signal) => {
      const { bytes } = await readSample(source, signal, MAX_BYTES);
      return createImageBitmap(new Blob([bytes])).catch(() => {
        throw NOT_AN_IMAGE;
      });
    },
    [bucket, key, etag],
  );
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { value: bitmap } = image;
    const { current: element } = canvas;
    if (bitmap === undefined || element === null) return;
    element.width = bitmap.width;
    element.height = bitmap.height;
    element.getContext('2d')?.drawImage(bitmap, 0, 0);
  }, [image.value]);
  if (image.error !== undefined) return html`<${ErrorNotice} error=${image.error} />`;
  if (image.value === undefined) return html`<p role="status">Loading…</p>`;
  const { width, height } = image.value;
  return html`<figure>
    <canvas ref=${canvas} role="img" aria-label=${`Image ${visible(lastSegment(key))}`}></canvas>
    <figcaption class="fine">${width} × ${height} pixels</figcaption>
  </figure>`;
}

const NOT_AN_IMAGE = new Error('The browser cannot show this image. You can download the object.');
