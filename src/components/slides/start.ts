const article = document.querySelector<HTMLElement>('article.source');
const deck = document.querySelector<HTMLElement>('.reveal');
const speaker = document.querySelector<HTMLElement>('.speaker');

if (article !== null && deck !== null) void import('./deck.ts').then(({ startDeck }) => startDeck(article, deck));
if (article !== null && speaker !== null) void import('./speaker.ts').then(({ startSpeaker }) => startSpeaker(article, speaker));
