import { CompiledQuery, PostgresDialect } from 'kysely';
import pg from 'pg';
import { patience } from './executor.ts';

/** Kysely's dialect over a pool of pg. A lock, a connection and a statement each have a deadline. */
export function postgresDialect(url: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'slipway',
    max: 10,
    connectionTimeoutMillis: patience,
    lock_timeout: patience,
    statement_timeout: 3 * patience,
    idle_in_transaction_session_timeout: 3 * patience,
  });
  // A connection was lost, idle or at work. Whoever uses it is told by the query's own refusal and the pool drops it;
  // without a listener the event itself would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new PostgresDialect({
    pool,
    // A server set to answer before its disk does would break the promise that what we call saved is saved.
    onCreateConnection: async (connection) => {
      await connection.executeQuery(
        CompiledQuery.raw(
          "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('off', 'local')",
        ),
      );
    },
  });
}
