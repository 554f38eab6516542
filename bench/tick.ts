import { type BenchOptions, benchLab, spread } from './bench-lab.ts';
import { ofLimit } from './figure.ts';

/** As many turns of one task as are stored at once; those after them are stored more slowly, to bound what a loop writes. */
const changes = 20;
const patience = 10_000;

/**
 * From a `kubectl patch` that has returned, in the toolbox, to the verdict on the wire of an open page: one task that turns
 * green and red by one field, at odd moments, so that no pace of ours is met by chance.
 */
export async function measure(options: BenchOptions) {
  const lab = await benchLab(options);
  let leave = () => {};
  try {
    let hear: (at: number, status: string) => void = () => {};
    leave = await lab.openPage((event, at) => {
      if (event.type === 'verdict' && event.data.task === 'tide') hear(at, event.data.verdict.status);
    });
    await lab.watch.observer.informers.tried();
    const milliseconds: number[] = [];
    for (let count = 0; count < changes; count += 1) {
      const [state, status] = count % 2 === 0 ? ['high', 'passed'] : ['low', 'wrong'];
      const heard = new Promise<number>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no verdict ${status} within ${patience} ms`)), patience);
        hear = (at, told) => {
          if (told !== status) return;
          clearTimeout(late);
          resolve(at);
        };
      });
      const patch = `kubectl -n shop patch configmap tide --type merge -p '{"data":{"state":"${state}"}}' >/dev/null && date +%s%3N`;
      const [returned, at] = await Promise.all([lab.shell(patch), heard]);
      milliseconds.push(at - Number(returned));
      if (count % 10 === 9) options.say(`${count + 1} changes`);
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 1500));
    }
    const what = `a change by kubectl to its verdict on an open page, p95 of ${changes}`;
    const p95 = spread(milliseconds).p95;
    return { figures: [ofLimit({ name: 'P11', what, unit: 'ms', limit: 1000 }, [p95])], details: spread(milliseconds) };
  } finally {
    // Before the server's end: what went wrong is to be read, not that its page lost it.
    leave();
    await lab.close();
  }
}
