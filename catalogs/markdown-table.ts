/** A column: its title, and what stands in it of a row. */
export type Column<Row> = [title: string, cell: (row: Row) => string];

/** A Markdown table under a heading in bold. */
export function markdownTable<Row>(heading: string, rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `**${heading}**`,
    '',
    line(columns.map(([title]) => title)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join('\n');
}
