/** Why a command cannot go on, in a sentence the reader can act on. `advice` says the next step; `exitCode` is 2 for a wrong command line. */
export class CommandFailure extends Error {
  override name = 'CommandFailure';
  readonly advice: string | undefined;
  readonly exitCode: number;

  constructor(message: string, more: { advice?: string | undefined; exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.advice = more.advice;
    this.exitCode = more.exitCode ?? 1;
  }
}

/** An error in words: a known failure by its message and advice, anything else with its stack, since it is a fault of ours. */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const advice = 'advice' in error && typeof error.advice === 'string' ? `\n  ${error.advice.replaceAll('\n', '\n  ')}` : '';
  const output = 'output' in error && typeof error.output === 'string' && error.output !== '' ? `\n${indent(error.output)}` : '';
  const command = 'command' in error && typeof error.command === 'string' ? `\n  $ ${error.command}` : '';
  const known = 'advice' in error || 'code' in error;
  return known ? `${error.message}${command}${output}${advice}` : (error.stack ?? error.message);
}

const indent = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .slice(-15)
    .map((line) => `  | ${line}`)
    .join('\n');
