export interface Table {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Columns as wide as their widest cell; figures to the right. */
export function print({ caption, heads, rows }: Table): void {
  const widths = heads.map((_head, column) => Math.max(...[heads, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ');
  console.log(`\n${caption}\n`);
  console.log([heads, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n'));
}

export function isFigure(cell: string): boolean {
  return /^[\d.,–-]+( %| \(.*\))?$/.test(cell);
}

function pad(cell: string, width: number): string {
  return isFigure(cell) ? cell.padStart(width) : cell.padEnd(width);
}
