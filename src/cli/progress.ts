/** Where a command tells how far it is: a live line on a terminal, a line per phase elsewhere. */
export interface Progress {
  /**
   * Runs one phase. Its title is said at once on a terminal (elsewhere after two seconds), with the time it should take;
   * `detail` replaces what is said beside it; what `work` returns as `said` stands beside the title when it is done.
   */
  phase<T>(title: string, work: (detail: (text: string) => void) => Promise<T>, options?: PhaseOptions<T>): Promise<T>;
  /** A line of its own. */
  say(line: string): void;
}

export interface PhaseOptions<T> {
  /** About how long it takes, in seconds. */
  estimate?: number | undefined;
  said?: (result: T) => string;
  /** Whether it came to an end that is no success. */
  failed?: (result: T) => boolean;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Progress on `output`. Details are repeated at most every 15 s where lines cannot be replaced. */
export function progressOn(output: Output): Progress {
  return output.isTTY ? liveProgress(output) : lineProgress(output);
}

function lineProgress(output: Output): Progress {
  const say = (line: string) => void output.write(`${line}\n`);
  return {
    say,
    async phase(title, work, options = {}) {
      const started = performance.now();
      let detail = '';
      let told = '';
      const tick = () => {
        const now = `… ${title}${detail && `: ${detail}`} (${elapsed(started, options.estimate)})`;
        if (now !== told) say(now);
        told = now;
      };
      const soon = setTimeout(tick, 2000);
      const often = setInterval(tick, 15_000);
      try {
        const result = await work((text) => {
          detail = text;
        });
        say(`${sign(options, result)} ${title}${said(options, result)} (${elapsed(started)})`);
        return result;
      } catch (error) {
        say(`✗ ${title}${detail && `: ${detail}`} (${elapsed(started)})`);
        throw error;
      } finally {
        clearTimeout(soon);
        clearInterval(often);
      }
    },
  };
}

function liveProgress(output: Output): Progress {
  const clear = '\r\u001b[2K';
  return {
    say: (line) => void output.write(`${clear}${line}\n`),
    async phase(title, work, options = {}) {
      const started = performance.now();
      let detail = '';
      let turn = 0;
      const draw = () => {
        turn += 1;
        const line = `${'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'.charAt(turn % 10)} ${title}  ${elapsed(started, options.estimate)}${detail && `  ${detail}`}`;
        output.write(clear + line.slice(0, (output.columns ?? 80) - 1));
      };
      draw();
      const timer = setInterval(draw, 120);
      try {
        const result = await work((text) => {
          detail = text;
        });
        output.write(`${clear}${sign(options, result)} ${title}${said(options, result)} (${elapsed(started)})\n`);
        return result;
      } catch (error) {
        output.write(`${clear}✗ ${title}${detail && `: ${detail}`} (${elapsed(started)})\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

const sign = <T>(options: PhaseOptions<T>, result: T) => (options.failed?.(result) ? '✗' : '✓');
const said = <T>(options: PhaseOptions<T>, result: T) => {
  const text = options.said?.(result) ?? '';
  return text && `: ${text}`;
};

/** A span of time as a person says it: `0.4 s`, `12 s`, `3 min 5 s`. */
export function span(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`;
}

function elapsed(started: number, estimate?: number): string {
  const spent = span(performance.now() - started);
  return estimate === undefined ? spent : `${spent} of about ${span(estimate * 1000)}`;
}
