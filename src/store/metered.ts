import type { Executor } from './executor.ts';
import { StoreError } from './port.ts';

/** One call of the database: one statement, or one transaction, with what it waited for its turn. */
export interface StoreCall {
  call: 'read' | 'write';
  milliseconds: number;
  /** Null when it succeeded; else the code of a `StoreError`, or `other`. */
  error: string | null;
}

/** The same executor; whoever made it is told of each call. */
export function metered(executor: Executor, told: (call: StoreCall) => void): Executor {
  const timed = async <T>(call: StoreCall['call'], work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const tell = (error: string | null) => told({ call, milliseconds: performance.now() - began, error });
    try {
      const result = await work();
      tell(null);
      return result;
    } catch (error) {
      tell(error instanceof StoreError ? error.code : 'other');
      throw error;
    }
  };
  return {
    read: (work) => timed('read', () => executor.read(work)),
    write: (work, options) => timed('write', () => executor.write(work, options)),
    close: () => executor.close(),
  };
}
