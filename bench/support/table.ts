/** Columns as wide as their widest cell; figures to the right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = heads.map((_head, column) => Math.max(...[heads, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ');
  console.log([heads, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n'));
}

function pad(cell: string, width: number): string {
  return /^[\d.]+( \(.*\))?$/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}
