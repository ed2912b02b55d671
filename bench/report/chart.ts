/** What is drawn, apart from how: it is kept with the results. */
export type Chart = BarChart | LineChart;

interface BarChart {
  readonly kind: 'bars';
  /** Of its file. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** Subjects; each group has a value for each of them, in this order. */
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

interface LineChart {
  readonly kind: 'lines';
  readonly name: string;
  readonly title: string;
  readonly axes: { readonly x: string; readonly y: string };
  /** Where the axis of y begins. */
  readonly from: number;
  /** `points` are x, on a logarithmic axis, and y. */
  readonly series: readonly { readonly label: string; readonly points: readonly (readonly [number, number])[] }[];
}

export function bars(chart: Omit<BarChart, 'kind'>): BarChart {
  return { kind: 'bars', ...chart };
}

export function lines(chart: Omit<LineChart, 'kind'>): LineChart {
  return { kind: 'lines', ...chart };
}
