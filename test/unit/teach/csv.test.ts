import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csv } from '#server/teach/csv.ts';

/** Reads RFC 4180 strictly, as the grammar in its section 2 has it. */
function read(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    if (!match) throw new Error(`not RFC 4180 at character ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

test('a table has a header, CRLF after each record, and quotes only where they are needed', () => {
  expect(
    csv(
      ['learner', 'score'],
      [
        ['Ada', 1.5],
        ['Hopper, Grace "Amazing"', null],
      ],
    ),
  ).toBe('learner,score\r\nAda,1.5\r\n"Hopper, Grace ""Amazing""",\r\n');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1+1', "=cmd|'/c calc'!A0", 'Ada;=1+1', 'Ada\n=1+1', 'Ada\t@x'])(
  '%j is not a formula in any spreadsheet, whatever it takes for a separator',
  (name) => {
    const [, row] = read(csv(['name'], [[name]]));
    for (const part of row?.[0]?.split(/[;\t\r\n]/) ?? ['=']) expect(part).not.toMatch(/^[=+\-@＝＋－＠]/);
  },
);

test('ordinary names and numbers are left alone', () => {
  const names = ["O'Neill", 'Anne-Marie', 'a+b@example.org', 'Łukasz 🚢', ''];
  expect(
    read(
      csv(
        ['name'],
        names.map((name) => [name]),
      ),
    ),
  ).toEqual([['name'], ...names.map((name) => [name])]);
  expect(csv(['n'], [[-1], [0.5]])).toBe('n\r\n-1\r\n0.5\r\n');
});

test('whatever the cells hold, the table reads back with as many cells, the same but for apostrophes', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('=', '-', '"', ',', ';', '\r', '\n', '\t', 'a', "'", ' '), maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
      const back = read(csv(['a', 'b'], rows)).slice(1);
      const plain = (table: readonly (readonly string[])[]) => table.map((row) => row.map((text) => text.replaceAll("'", '')));
      expect(plain(back)).toEqual(plain(rows));
      expect(back.flat().filter((text) => /^[=+\-@\t\r]/.test(text))).toEqual([]);
    }),
  );
});
