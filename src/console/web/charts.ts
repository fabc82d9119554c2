// Small charts of the last hour: requests and bytes per minute. The text above the charts contains the same numbers.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Minute } from './api.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { shownSize } from './shown-text.ts';

const HEIGHT = 140;

interface ChartProps {
  readonly label: string;
  readonly minutes: readonly Minute[];
  readonly valueOf: (minute: Minute) => number;
  readonly shown: (value: number) => string;
}

export const Charts = ({ minutes }: { readonly minutes: readonly Minute[] }): Html =>
  html`<div class="charts">
    <${Chart}
      label="Requests per minute"
      minutes=${minutes}
      valueOf=${({ requests }: Minute) => requests}
      shown=${String}
    />
    <${Chart}
      label="Bytes sent per minute"
      minutes=${minutes}
      valueOf=${({ bytes }: Minute) => bytes}
      shown=${shownSize}
    />
  </div>`;

function Chart({ label, minutes, valueOf, shown }: ChartProps): Html {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current: element } = place;
    if (element === null) return undefined;
    const color = getComputedStyle(element).color;
    const axis = { stroke: color, grid: { show: false } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most)] } },
        axes: [
          { ...axis, values: (_plot, times) => times.map(timeOfDay) },
          { ...axis, size: 70, values: (_plot, values) => values.map(shown) },
        ],
        series: [{}, { label, stroke: color, width: 2 }],
      },
      [minutes.map(({ time }) => Date.parse(time) / 1000), minutes.map(valueOf)],
      element,
    );
    return () => {
      plot.destroy();
    };
  }, [minutes]);
  const most = Math.max(0, ...minutes.map(valueOf));
  return html`<figure>
    <figcaption>${label} (times in UTC)</figcaption>
    <div
      ref=${place}
      class="chart"
      role="img"
      aria-label=${`${label} in the last hour, at most ${shown(most)}`}
    ></div>
  </figure>`;
}

/** Formats a time, given in seconds since the epoch, in UTC, like the other times of the page. Example: `21:04`. */
const timeOfDay = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 16);
