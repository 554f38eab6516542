import { expect, test } from 'vitest';
import { openShell } from '#runtime/prove/shell.ts';
import { type Supervisor, supervisor } from '../terminal/harness.ts';

const ref = { instance: 'i', lab: 'l', epoch: 1 };
const signal = () => AbortSignal.timeout(20_000);
const open = (shells: Supervisor) => openShell({ attach: async (_ref, argv) => shells.attach(argv) }, ref, 'proof', signal());

test('a script is typed whole: here-documents, quotes and exclamation marks arrive as they are', async () => {
  await using shells = await supervisor();
  const shell = await open(shells);
  const { code, output } = await shell.run('cat <<\'YAML\'\na: [1, 2]\n\tb: "so!" $HOME\nYAML\necho "done!" | tr a-z A-Z', signal());
  expect(code).toBe(0);
  expect(output).toContain('\na: [1, 2]\n\tb: "so!" $HOME\nDONE!\n');
  await shell.close();
});

test('the first command that fails ends the section with its status, and the shell goes on', async () => {
  await using shells = await supervisor();
  const shell = await open(shells);
  const failed = await shell.run('echo one\nfalse | cat\necho two\n', signal());
  expect(failed).toMatchObject({ code: 1, output: expect.stringContaining('\none\n') });
  expect(failed.output.split('\n')).not.toContain('two');
  expect((await shell.run('echo "status $((40 + 2))"', signal())).output).toContain('\nstatus 42\n');
  await shell.close();
});

test('a script longer than a line of the terminal can be, and more output than it keeps', async () => {
  await using shells = await supervisor();
  const shell = await open(shells);
  const lines = Array.from({ length: 300 }, (_, index) => `echo "line ${index} of many, so that this is longer than four kilobytes"`);
  const { code, output } = await shell.run([...lines, 'seq 1 60000', 'exit 3'].join('\n'), signal());
  expect(code).toBe(3);
  expect(output).toContain('\n60000\n');
  await shell.close();
});

test('a shell that is lost is an error, not a wait', async () => {
  await using shells = await supervisor();
  const shell = await open(shells);
  await expect(shell.run('kill -KILL $$', signal())).rejects.toThrow('the shell is gone');
  await shell.close();
});

test('a script that hangs ends with its deadline', async () => {
  await using shells = await supervisor();
  const shell = await open(shells);
  await expect(shell.run('sleep 60', AbortSignal.timeout(500))).rejects.toThrow(/timeout/i);
  await shell.close();
});
