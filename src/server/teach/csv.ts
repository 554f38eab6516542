/**
 * A table as RFC 4180 writes it: commas, CRLF after every record, quotes where they are needed.
 * Text that a spreadsheet would run as a formula is made text by an apostrophe, wherever a cell may begin when the reader
 * takes another separator than the comma (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function csv(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

const beginsFormula = /(?<=^|[;\t\r\n])(?=[=+\-@＝＋－＠\t\r])/g;

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = value.replace(beginsFormula, "'");
  return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
