import { expect, test } from 'vitest';
import { pinFor, readDeb822, readOneLine, sourceFor, sourceOf } from '#cli/engine/apt-sources.ts';

const bookworm = `Types: deb
# http://snapshot.example/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://packages.example/node
Suites: nodistro
Components: main
`;

test("a newer release is taken from the machine's own mirror, with its own key", () => {
  const own = sourceOf('bookworm', readDeb822(bookworm));
  expect(own).toEqual({
    uris: ['http://mirror.example/debian'],
    suites: ['bookworm', 'bookworm-updates'],
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
  });
  expect(own && readDeb822(sourceFor('trixie', own))).toEqual([
    { uris: ['http://mirror.example/debian'], suites: ['trixie'], signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg' },
  ]);
});

test('one-line sources are understood, with and without options', () => {
  const text = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
`;
  expect(sourceOf('bookworm', readOneLine(text))).toEqual({
    uris: ['http://mirror.example/debian'],
    suites: ['bookworm'],
    signedBy: '/k.gpg',
  });
});

test('sources that are switched off, or of source code only, are not counted', () => {
  expect(
    readDeb822('Types: deb\nEnabled: no\nURIs: http://a/\nSuites: bookworm\n\nTypes: deb-src\nURIs: http://a/\nSuites: bookworm\n'),
  ).toEqual([]);
});

test('an embedded key goes with the source', () => {
  const text = 'Types: deb\nURIs: http://a/\nSuites: bookworm\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n';
  const [source] = readDeb822(text);
  expect(source && sourceFor('trixie', source)).toContain('Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n');
});

test('nothing but what is asked for by name comes from the newer release', () => {
  expect(pinFor('trixie')).toMatch(/Package: \*\nPin: release n=trixie\nPin-Priority: 50\n/);
});
