import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ConnectionState, type Opened, ShellConnection } from '#components/lab/terminal/connection.ts';
import { mostWaiting, Outbox } from '#components/lab/terminal/outbox.ts';
import { closes } from '#lab/close.ts';
import { fakeShell } from './fake-shell.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function page(shell: ReturnType<typeof fakeShell>, outbox = new Outbox(), backOff = (_attempt: number) => 1_000) {
  const states: ConnectionState[] = [];
  const opened: Opened[] = [];
  const ran: string[] = [];
  const connection = new ShellConnection({
    url: '/shell',
    outbox,
    connect: shell.connect,
    backOff,
    patience: 5_000,
    events: {
      state: (state) => states.push(state),
      opened: (one) => opened.push(one),
      output: () => undefined,
      message: (message) => message.type === 'ran' && ran.push(message.id),
    },
  });
  connection.resize(80, 24);
  connection.connect();
  return { connection, outbox, states, opened, ran };
}

/** A window's storage. */
function storage(): Storage {
  const held = new Map<string, string>();
  return {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
  } as Storage;
}

describe('what is typed', () => {
  test('arrives once and in order, wherever the line breaks and however often the page is loaded anew', () => {
    const step = fc.oneof(
      fc.record({ type: fc.string({ minLength: 1, maxLength: 5 }) }),
      fc.record({ move: fc.nat(3), answers: fc.nat(3) }),
      fc.record({ cut: fc.nat(3), answers: fc.nat(3), reload: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const shell = fakeShell();
        const kept = storage();
        let here = page(shell, new Outbox('shell', kept));
        shell.line().open();
        let meant = '';
        for (const each of steps) {
          if ('type' in each) {
            meant += each.type;
            expect(here.connection.type(each.type)).toBe(true);
          } else if ('move' in each) shell.line().move(each.move, each.answers);
          else {
            if (each.reload) {
              here.outbox.keep();
              here.connection.close();
              shell.line().move(each.cut, 0);
              here = page(shell, new Outbox('shell', kept));
            } else shell.line().cut(each.cut, each.answers);
            here.connection.connect();
            if (shell.line().readyState === 0) shell.line().open();
          }
        }
        shell.line().move();
        here.connection.close();
        expect(shell.typed()).toBe(meant);
        expect(here.outbox.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test('while there is no connection is kept, up to a limit, and typing tries at once', () => {
    const shell = fakeShell();
    const { connection } = page(shell);
    expect(connection.type('before ')).toBe(true);
    shell.line().open();
    shell.line().cut(9, 9);
    expect(connection.state.name).toBe('waiting');
    expect(connection.type('ls')).toBe(true);
    expect(shell.sockets).toHaveLength(2);
    expect(connection.waiting).toBe(2);
    expect(connection.type('x'.repeat(mostWaiting))).toBe(false);
    shell.line().open();
    shell.line().move();
    expect(shell.typed()).toBe('before ls');
  });

  test('does not put off the next try, however many keys have failed to connect', () => {
    const shell = fakeShell();
    const attempts: number[] = [];
    const { connection } = page(shell, new Outbox(), (attempt) => {
      attempts.push(attempt);
      return 1_000;
    });
    for (const key of ' ls') {
      shell.line().cut(0, 0);
      connection.type(key);
    }
    expect(attempts).toEqual([0, 0, 0]);
    shell.line().cut(0, 0);
    vi.advanceTimersByTime(1_000);
    shell.line().cut(0, 0);
    expect(attempts).toEqual([0, 0, 0, 0, 1]);
  });

  test('for a shell that has ended is not typed into the next one', () => {
    const shell = fakeShell();
    const { connection, opened } = page(shell);
    shell.line().open();
    connection.type(':wq\r');
    shell.line().cut(0, 0);
    shell.restart();
    connection.connect();
    shell.line().open();
    shell.line().move();
    expect(opened.at(-1)).toMatchObject({ dropped: 4, fresh: true });
    expect(shell.typed()).toBe('');
    connection.type('ls\r');
    shell.line().move();
    expect(shell.typed()).toBe('ls\r');
  });

  test('is not shared by two pages under one name', () => {
    const kept = storage();
    const first = new Outbox('shell', kept);
    first.add('x');
    first.keep();
    const second = new Outbox('shell', kept);
    expect(second).toMatchObject({ client: first.client, size: 1 });
    expect(new Outbox('shell', kept).client).not.toBe(first.client);
  });
});

describe('a command', () => {
  test('is typed once, though its confirmation is lost', () => {
    const shell = fakeShell();
    const { connection, ran } = page(shell);
    connection.run('lesson-04-a', 'kubectl get pods');
    shell.line().open();
    shell.line().cut(9, 0);
    connection.connect();
    shell.line().open();
    shell.line().move();
    expect(shell.typed()).toBe('kubectl get pods\r');
    expect(ran).toEqual(['lesson-04-a']);
  });

  test('that an earlier toolbox may have run is not run again by the next', () => {
    const shell = fakeShell();
    const { connection, ran } = page(shell);
    shell.line().open();
    connection.run('lesson-04-a', 'kubectl delete pod web');
    shell.line().cut(0, 0);
    connection.run('lesson-04-b', 'kubectl get pods');
    shell.restart();
    shell.line().open();
    shell.line().move();
    expect(shell.typed()).toBe('kubectl get pods\r');
    expect(ran).toEqual(['lesson-04-a', 'lesson-04-b']);
  });
});

describe('a line that falls silent', () => {
  test('is given up when something typed is not taken, and tried again', () => {
    const shell = fakeShell();
    const { connection, states } = page(shell);
    shell.line().open();
    for (let second = 0; second < 6; second++) {
      connection.type('x');
      vi.advanceTimersByTime(1_000);
    }
    expect(states.at(-1)).toEqual({ name: 'waiting', why: closes.silent.words });
    vi.advanceTimersByTime(1_000);
    shell.line().open();
    shell.line().move();
    expect(shell.typed()).toBe('xxxxxx');
  });

  test('is given up while it connects', () => {
    const shell = fakeShell();
    const { states } = page(shell);
    vi.advanceTimersByTime(5_000);
    expect(states.at(-1)?.name).toBe('waiting');
  });

  test('is found by a probe after a sleep; one that answers is kept', () => {
    const shell = fakeShell();
    const { connection, states } = page(shell);
    shell.line().open();
    connection.probe();
    shell.line().move();
    vi.advanceTimersByTime(60_000);
    expect(states.at(-1)?.name).toBe('open');
    connection.probe();
    vi.advanceTimersByTime(5_000);
    expect(states.at(-1)?.name).toBe('waiting');
  });
});

describe('a close', () => {
  test.each([
    [closes.paused.code, 'paused'],
    [closes.gone.code, 'over'],
    [closes.full.code, 'over'],
    [closes.malformed.code, 'over'],
  ])('with %i means %s: it is not tried again by itself', (code, name) => {
    const shell = fakeShell();
    const { connection } = page(shell);
    shell.line().open();
    shell.line().cut(9, 9, code);
    expect(connection.state.name).toBe(name);
    vi.advanceTimersByTime(600_000);
    expect(shell.sockets).toHaveLength(1);
    connection.connect();
    shell.line().open();
    expect(connection.state.name).toBe('open');
  });
});
