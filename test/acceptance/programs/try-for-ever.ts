/** A server in the middle of a trial that never comes to its end: `try-for-ever.ts FOLDER SESSION REF`. */
import { observer } from '#runtime/observe/observer.ts';
import { trier } from '#runtime/trial/trier.ts';
import { openStore } from '#store/open.ts';
import { provider } from '../a-lab.ts';
import { never } from '../trial-graders.ts';

const [folder = '', id = '', ref = ''] = process.argv.slice(2);
const slipway = provider();
const access = await slipway.open(JSON.parse(ref), AbortSignal.timeout(30_000));
if (!access) throw new Error('there is no such lab');
const eye = observer({ provider: slipway, access, secretKey: new Uint8Array(32) });
const { journal } = await openStore({ folder });
const hands = trier({ provider: slipway, access, observer: eye, journal, session: { id, epoch: 1 } });
console.log(JSON.stringify(await hands.tryTask(never, AbortSignal.timeout(300_000))));
