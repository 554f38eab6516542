// Records attempts until it is killed, and says `saved ID SCORE` when the store has answered. Arguments: folder, database URL.

import { openStore } from '#store/open.ts';
import { attemptOf, learner } from '../learners.ts';

const [folder = '', url] = process.argv.slice(2);
const store = await openStore({ folder, url });
const { session } = await learner(store, 'Interrupted');
for (;;) {
  const score = Math.random() * 4;
  const { id } = await store.attempts.record(attemptOf(session, { score, status: 'wrong' }));
  process.stdout.write(`saved ${id} ${score}\n`);
}
