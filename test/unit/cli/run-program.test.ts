import { expect, test, vi } from 'vitest';
import { mustRun, runProgram } from '#cli/run-program.ts';

vi.setConfig({ testTimeout: 20_000 });

test('a program that fails is told with its command, its last words and what to do', async () => {
  await expect(
    mustRun(['sh', '-c', 'echo one; echo two >&2; exit 3'], { signal: AbortSignal.timeout(10_000), advice: 'Mend it.' }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/^this failed with 3: sh -c .*\n {2}\| (one\n {2}\| two|two\n {2}\| one)$/),
    advice: 'Mend it.',
  });
});

test('a stop ends the program and what it started', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const running = runProgram(['sh', '-c', 'sleep 300 & echo $!; wait'], { signal: stop.signal, line: (text) => lines.push(text) });
  await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000);
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await vi.waitFor(() => expect(() => process.kill(Number(lines[0]), 0)).toThrow(/ESRCH/), 10_000);
});

test('a program that is not there is named', async () => {
  await expect(runProgram(['no-such-program'], { signal: AbortSignal.timeout(10_000) })).rejects.toThrow(
    /^no-such-program could not be started: /,
  );
});

test('a stopped command starts nothing more', async () => {
  await expect(runProgram(['sh', '-c', 'exit 0'], { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
});
