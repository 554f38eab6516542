// Opens a store with a further migration that is killed half-way. Arguments: folder, database URL.

import { migrations } from '#store/migrations/index.ts';
import { openStore } from '#store/open.ts';

const [folder = '', url] = process.argv.slice(2);
await openStore({
  folder,
  url,
  migrations: {
    ...migrations,
    '9999-notes': {
      async up(db) {
        await db.schema.createTable('note').addColumn('text', 'text').execute();
        await db.schema.alterTable('person').addColumn('note', 'text').execute();
        process.kill(process.pid, 'SIGKILL');
      },
    },
  },
});
process.stdout.write('survived\n');
