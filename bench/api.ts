import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { progressOn } from '#cli/progress.ts';
import { readySite } from '#cli/site/build.ts';
import { site } from '../test/acceptance/site.ts';
import { sweep, toolboxes } from '../test/acceptance/toolboxes.ts';
import { type BenchOptions, unlessStopped } from './bench-lab.ts';
import { ofLimit, ofPairs } from './figure.ts';
import { ours } from './shell/ours.ts';
import { prompt, type Terminal } from './shell/terminal.ts';

const connections = 32;
const seconds = 8;
const labs = 10;
const shellsEach = 3;
const keyMilliseconds = 200;

/**
 * What a page asks of its session (cookie, policy, database, JSON) beside bare node:http that answers the same bytes: as fast as either
 * can. Then ours at 200 requests a second, while thirty terminals are typed in.
 */
export async function measure(options: BenchOptions) {
  const { root, signal, say, pairs = 5 } = options;
  await readySite({ root, course: root, data: join(root, '.slipway'), progress: progressOn(process.stderr), signal });
  const here = await site({ SLIPWAY_NO_ENGINE: '1', SLIPWAY_COURSE: root, SLIPWAY_POOL_MIB: '0', SLIPWAY_LOG: 'warn' });
  const peer = fork(join(import.meta.dirname, 'api', 'bare-server.ts'));
  try {
    const made = await toolboxes(here, labs, root);
    await here.start();
    const [lab] = made;
    if (lab === undefined) throw new Error('there is no lab');
    const mine = { url: `${here.origin}/api/sessions/${lab.session}`, headers: { cookie: lab.cookie } };
    const body = await (await fetch(mine.url, { headers: mine.headers })).text();
    peer.send(body);
    const [port] = (await once(peer, 'message')) as [number];
    const bare = { url: `http://127.0.0.1:${port}/`, headers: { cookie: lab.cookie } };
    const perSecond = async (target: typeof mine) => {
      const { requests, non2xx, errors } = await unlessStopped(signal, autocannon({ ...target, connections, duration: seconds }));
      if (non2xx + errors > 0) throw new Error(`${target.url}: ${non2xx} answers were no success, ${errors} requests failed`);
      return requests.average;
    };
    for (const target of [mine, bare]) await perSecond(target);
    const rounds: { ours: number; peer: number }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const early = pair % 2 === 0 ? await perSecond(mine) : null;
      const theirs = await perSecond(bare);
      rounds.push({ ours: early ?? (await perSecond(mine)), peer: theirs });
      say(`pair ${pair + 1}: ${JSON.stringify(rounds.at(-1))} requests a second`);
    }
    const carrier = ours(here, made);
    const terminals: Terminal[] = [];
    for (let toolbox = 0; toolbox < labs; toolbox += 1) {
      for (let shell = 1; shell <= shellsEach; shell += 1) {
        const terminal = await carrier.open(toolbox, shell);
        await prompt(terminal);
        terminals.push(terminal);
      }
    }
    const typing = setInterval(() => {
      for (const terminal of terminals) terminal.type('\r');
    }, keyMilliseconds);
    const calm = await unlessStopped(signal, autocannon({ ...mine, connections: 10, duration: 2 * seconds, overallRate: 200 }));
    clearInterval(typing);
    for (const terminal of terminals) await terminal.exit();
    const what = 'a page’s question about its session, beside the same bytes of bare node:http';
    const figures = [
      ofPairs({ name: 'P12', what, unit: 'requests/s', bar: 0.8, holds: 'at least' }, rounds),
      ofLimit({ name: 'P12', what: `its p99 at 200 a second beside ${labs * shellsEach} terminals`, unit: 'ms', limit: 25 }, [
        calm.latency.p99,
      ]),
    ];
    return { figures, details: { rounds, calm, bytes: body.length, connections } };
  } finally {
    peer.disconnect();
    await here.close();
    await sweep(here);
  }
}
