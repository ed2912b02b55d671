import type { Chart } from './chart.js';

const WIDTH = 720;
const LEFT = 60;
const TOP = 60;
const HEIGHT = 220;
const PLOT = WIDTH - LEFT - 20;
const LEGEND_ROW = 20;
const COLOURS = ['#2f6fde', '#e2763a', '#3d9950', '#8a5fc7', '#c2475d', '#7a7a7a', '#1f9aa8', '#b08b1e'];

/** Readable on a light page and on a dark one. */
const STYLE = `text { font: 12px sans-serif; fill: #666 } .title { font-weight: bold; font-size: 14px }
  .grid { stroke: #999; stroke-opacity: .3 } polyline { fill: none; stroke-width: 2 }`;

type Draw = (value: number) => number;

export function svg(chart: Chart): string {
  const labels = chart.kind === 'bars' ? chart.series : chart.series.map(({ label }) => label);
  const values =
    chart.kind === 'bars'
      ? chart.groups.flatMap((group) => group.values)
      : chart.series.flatMap(({ points }) => points.map(([, y]) => y));
  const from = chart.kind === 'bars' ? 0 : chart.from;
  const ticks = ticksOf(from, Math.max(...values.map((value) => value ?? 0)));
  const top = ticks.at(-1) ?? 1;
  const y: Draw = (value) => TOP + HEIGHT * (1 - (value - from) / (top - from || 1));
  const legendTop = TOP + HEIGHT + 50;
  const body = [
    text(LEFT, 22, chart.title, 'class="title"'),
    text(LEFT, 44, chart.kind === 'bars' ? chart.unit : chart.axes.y),
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${figure(y(tick))}" y2="${figure(y(tick))}"/>`,
      text(LEFT - 6, y(tick) + 4, shown(tick), 'text-anchor="end"'),
    ]),
    ...(chart.kind === 'bars' ? barsOf(chart, y) : linesOf(chart, y)),
    ...labels.flatMap((label, index) => {
      const [x, row] = [LEFT + (index % 2) * (PLOT / 2), legendTop + Math.floor(index / 2) * LEGEND_ROW];
      return [
        `<rect x="${x}" y="${row - 10}" width="12" height="12" fill="${colour(index)}"/>`,
        text(x + 18, row, label),
      ];
    }),
  ];
  const height = legendTop + Math.ceil(labels.length / 2) * LEGEND_ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">
<title>${escaped(chart.title)}</title>
<style>${STYLE}</style>
${body.join('\n')}
</svg>
`;
}

function barsOf(chart: Extract<Chart, { kind: 'bars' }>, y: Draw): string[] {
  const room = PLOT / chart.groups.length;
  const width = (room * 0.8) / chart.series.length;
  return chart.groups.flatMap(({ label, values }, group) => {
    const left = LEFT + room * group + room * 0.1;
    const drawn = values.map((value, index) => {
      if (value === null) return '';
      const [x, up] = [left + width * index, y(value)];
      const bar = `<rect x="${figure(x)}" y="${figure(up)}" width="${figure(width - 2)}" height="${figure(TOP + HEIGHT - up)}" fill="${colour(index)}"/>`;
      return bar + (width < 24 ? '' : text(x + width / 2, up - 4, shown(value), 'text-anchor="middle"'));
    });
    return [...drawn, text(left + room * 0.4, TOP + HEIGHT + 18, label, 'text-anchor="middle"')];
  });
}

function linesOf(chart: Extract<Chart, { kind: 'lines' }>, y: Draw): string[] {
  const xs = [...new Set(chart.series.flatMap(({ points }) => points.map(([x]) => x)))].toSorted((a, b) => a - b);
  const [least, most] = [Math.log(xs[0] ?? 1), Math.log(xs.at(-1) ?? 1)];
  const x: Draw = (value) => LEFT + 20 + ((PLOT - 40) * (Math.log(value) - least)) / (most - least || 1);
  return [
    ...chart.series.flatMap(({ points }, index) => [
      `<polyline stroke="${colour(index)}" points="${points.map((point) => `${figure(x(point[0]))},${figure(y(point[1]))}`).join(' ')}"/>`,
      ...points.map(
        (point) => `<circle cx="${figure(x(point[0]))}" cy="${figure(y(point[1]))}" r="3" fill="${colour(index)}"/>`,
      ),
    ]),
    ...xs.map((value) => text(x(value), TOP + HEIGHT + 18, shown(value), 'text-anchor="middle"')),
    text(LEFT + PLOT, TOP + HEIGHT + 34, chart.axes.x, 'text-anchor="end"'),
  ];
}

/** From `from` to at least `most`, in steps of 1, 2 or 5. */
function ticksOf(from: number, most: number): number[] {
  const rough = Math.max(most - from, Number.EPSILON) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.ceil((most - from) / step);
  return Array.from({ length: count + 1 }, (_, index) => from + index * step);
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${figure(x)}" y="${figure(y)}" ${attributes}>${escaped(content)}</text>`;
}

function shown(value: number): string {
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? (Math.abs(value) < 1 ? 2 : 1) : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#666';
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
