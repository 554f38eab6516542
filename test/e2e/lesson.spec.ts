import { expect, test } from './fixtures.ts';
import { type Seeded, seed } from './small/seed.ts';
import { playSession } from './small/session.ts';

test.use({ baseURL: async ({ small }, use) => use(small.origin), viewport: { width: 1440, height: 900 } });

const lesson = '/lessons/01-harbour';
let seeded: Seeded;

test.beforeEach(async ({ page, small }) => {
  seeded = await seed(small, page);
});
test.afterEach(async () => {
  await seeded.close();
});

test('hints open one by one, are not in the page before, and are there after a reload', async ({
  page,
  guarded: _,
  accessible,
  picture,
}) => {
  const answer = await page.goto(lesson);
  expect(await answer?.text()).not.toMatch(/steel|driver|shout/);
  const task = page.locator('lab-task[task="crane"]');
  await task.getByRole('button', { name: 'Show hint 1 of 3' }).click();
  await expect(task.getByText('A crane needs steel.')).toBeVisible();
  await expect(page.locator('#announcer')).toContainText('A crane needs');
  await task.getByRole('button', { name: 'Show hint 2 of 3' }).click();
  await expect(task.getByText('It also needs a driver.')).toBeVisible();
  const again = await page.reload();
  expect(await again?.text()).not.toContain('shout');
  await expect(task.getByText('A crane needs steel.')).toBeVisible();
  await expect(task.getByText('It also needs a driver.')).toBeVisible();
  await task.getByRole('button', { name: 'Show hint 3 of 3' }).press('Enter');
  await expect(task.getByText('And someone to shout at.')).toBeVisible();
  // The keyboard is where the hint is, not at the top of the page.
  await expect(task.getByText('Hint 3 of 3')).toBeFocused();
  await accessible('hints');
  await picture('hints');
  const taken = await seeded.store.help.list({ person: seeded.person.id, lab: '01-harbour' });
  expect(taken.map(({ kind, number }) => `${kind} ${number}`)).toEqual(['hint 1', 'hint 2', 'hint 3']);
});

test('the solution is shown to whom asks twice, and that is on record', async ({ page, guarded: _, picture }) => {
  const answer = await page.goto(lesson);
  expect(await answer?.text()).not.toContain('It comes by ship');
  const task = page.locator('lab-task[task="crane"]');
  await task.getByRole('button', { name: 'Show the solution' }).click();
  await expect(task.getByText('It stays yours longer if you find it')).toBeVisible();
  await expect(task.getByText('It comes by ship')).toHaveCount(0);
  await page.reload();
  await task.getByRole('button', { name: 'Show it anyway' }).click();
  await expect(task.getByText('kubectl create deployment crane')).toBeVisible();
  await expect(task.getByRole('button', { name: 'Copy' })).toBeAttached();
  await picture('solution');
  await page.reload();
  await task.getByText('Solution', { exact: true }).click();
  await expect(task.getByText('kubectl create deployment crane')).toBeVisible();
  const taken = await seeded.store.help.list({ person: seeded.person.id, task: 'crane' });
  expect(taken.map(({ kind }) => kind).filter((kind) => kind !== 'hint')).toEqual(['asked', 'asked', 'solution']);
});

test('a hint that cannot be fetched says so, and can be asked for again', async ({ page }) => {
  await page.goto(lesson);
  const task = page.locator('lab-task[task="storm"]');
  await page.route('**/hints', (route) => route.abort());
  await task.getByRole('button', { name: 'Show the hint' }).click();
  await expect(task.getByText('The server cannot be reached.')).toBeVisible();
  await expect(page.locator('#announcer')).toContainText('The server cannot be reached');
  await page.unroute('**/hints');
  await task.getByRole('button', { name: 'Show the hint' }).click();
  await expect(task.getByText('Papers have a stamp.')).toBeVisible();
  await expect(task.getByText('The server cannot be reached.')).toBeHidden();
});

test('a verdict that is wrong goes to the instructor with a sentence, and stays filed', async ({
  page,
  guarded: _,
  accessible,
  picture,
}) => {
  const session = await seeded.ready('01-harbour');
  const attempt = await seeded.attempt(session, 'crane', 'wrong', 'There is no crane.');
  await page.goto(lesson);
  const task = page.locator('lab-task[task="crane"]');
  await expect(task.getByText('There is no crane.')).toBeVisible();
  // What the page began with is no news.
  await expect(page.locator('#announcer')).not.toContainText('crane');
  await task.getByRole('button', { name: 'This verdict is wrong' }).press('Enter');
  const sentence = task.getByLabel(/What is wrong with it/);
  await expect(sentence).toBeFocused();
  await sentence.fill('It stands behind the <b>shed</b>.');
  await accessible('a dispute');
  await picture('dispute');
  await task.getByRole('button', { name: 'Send it' }).click();
  await expect(task.getByText('Filed for your instructor at')).toContainText('It stands behind the <b>shed</b>.');
  await page.reload();
  await expect(task.getByText('Filed for your instructor at')).toContainText('It stands behind the <b>shed</b>.');
  const [filed] = await seeded.store.disputes.list({ attempts: [attempt.id] });
  expect(filed?.sentence).toBe('It stands behind the <b>shed</b>.');
  await seeded.store.disputes.settle(filed?.id ?? '', { by: seeded.person.id, answer: 'You are right.' });
  await page.reload();
  await expect(task.getByText('Your instructor answered at')).toContainText('You are right.');
  await seeded.attempt(session, 'crane', 'cannot-check', 'Nobody could look.');
  await page.reload();
  await expect(task.getByText('An earlier verdict was filed')).toContainText('You are right.');
  await expect(task.getByRole('button', { name: 'This verdict is wrong' })).toBeVisible();
});

test('what was found is on the page at once when one comes back, and a lab in one’s browser is not needed for it', async ({ page }) => {
  const session = await seeded.ready('01-harbour');
  await seeded.attempt(session, 'crane', 'passed');
  await seeded.attempt(session, 'storm', 'cannot-check', 'The API server does not answer.');
  await page.route('**/events', (route) => route.abort());
  await page.goto(lesson);
  const storm = page.locator('lab-task[task="storm"]');
  await expect(storm.getByText('The API server does not answer.')).toBeVisible();
  await expect(storm.getByRole('button', { name: 'Try again' })).toBeVisible();
  await expect(
    page.getByRole('navigation', { name: 'Tasks of this lab' }).getByRole('link', { name: /crane stands \(Passed\)/ }),
  ).toBeVisible();
});

test('what was typed is there in another window, and when the server was away meanwhile', async ({ page, context, guarded }) => {
  await page.goto(lesson);
  const berth = page.getByLabel('Which berth is it?');
  await berth.press('Enter');
  await expect(page.getByText('There is no lab to look at yet. Start it first; what you typed stays.')).toBeVisible();
  const kept = page.waitForResponse((response) => response.url().endsWith('/api/desk/drafts:01-harbour') && response.status() === 204);
  await berth.fill('seven');
  await kept;
  const other = await context.newPage();
  await other.goto(lesson);
  await expect(other.getByLabel('Which berth is it?')).toHaveValue('seven');
  await other.close();
  await guarded.whileAway(async () => {
    await page.route('**/api/desk/**', (route) => route.abort());
    await berth.fill('eight');
    await page.reload();
    await page.unroute('**/api/desk/**');
  });
  await expect(berth).toHaveValue('eight');
  await expect
    .poll(async () => (await seeded.store.desk.get(seeded.person.id, ['drafts:01-harbour']))['drafts:01-harbour'])
    .toMatchObject({
      number: 'eight',
    });
});

test('a lesson opens where it was left, says so, and does as an address with a place in it says', async ({
  page,
  context,
  guarded: _,
  picture,
}) => {
  await page.goto(lesson);
  const storm = page.locator('#the-storm');
  const kept = page.waitForResponse((response) => response.url().endsWith('/api/desk/scroll:01-harbour') && response.status() === 204);
  await storm.evaluate((element) => element.scrollIntoView());
  const top = () => storm.evaluate((element) => Math.round(element.getBoundingClientRect().top));
  const left = await top();
  await kept;
  await page.close();
  const later = await context.newPage();
  await later.goto(lesson);
  await expect(later.getByText('You are where you left off.')).toBeVisible();
  const its = later.locator('#the-storm');
  await expect.poll(() => its.evaluate((element) => Math.round(element.getBoundingClientRect().top))).toBe(left);
  await later.screenshot({ path: 'test-results/pictures/left-off.png' });
  await later.goto(`${lesson}#task-crane`);
  await expect(later.locator('lab-task[task="crane"]')).toBeInViewport();
  await expect(later.getByText('You are where you left off.')).toHaveCount(0);
  const place = (await seeded.store.desk.get(seeded.person.id, ['place']))['place'];
  expect(place).toMatchObject({ lesson: '01-harbour' });
  await picture('lesson-closed').catch(() => undefined);
});

test('Run without a lab says what is missing and where it is', async ({ page, guarded: _, accessible, picture }) => {
  await page.goto(lesson);
  const block = page.locator('.code-block', { hasText: 'kubectl get deployments' });
  await block.getByRole('button', { name: 'Run' }).click();
  await expect(block.getByText('Start the lab first')).toBeVisible();
  await expect(page.locator('#announcer')).toContainText('Start the lab first');
  await block.getByRole('link', { name: 'To the lab' }).click();
  await expect(page.getByRole('button', { name: /^Start/ })).toBeFocused();
  await expect(page.locator('.code-block', { hasText: 'rm -rf quay' }).getByRole('button', { name: 'Run' })).toHaveCount(0);
  await expect(page.locator('.code-block', { hasText: '--watch' })).toContainText('In the tab logs');
  await accessible('commands');
  await picture('commands');
});

test('a press of Run types the command once, in the lab’s shell, and the reader stays in the lesson', async ({ page, picture }) => {
  const typed: { id: string; data: string }[] = [];
  await playSession(page, '01-harbour');
  await page.routeWebSocket(/\/ws\/sessions\//, (socket) => {
    socket.send(JSON.stringify({ type: 'opened', boot: '0123456789abcdef', from: 0, to: 0, fresh: true }));
    socket.onMessage((text) => {
      const message = JSON.parse(String(text)) as { type: string; id: string; data: string };
      if (message.type !== 'run') return;
      typed.push(message);
      socket.send(JSON.stringify({ type: 'ran', id: message.id }));
    });
  });
  await page.goto(lesson);
  await page.getByRole('button', { name: /^Start/ }).click();
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  const run = page.locator('.code-block', { hasText: 'kubectl get deployments' }).getByRole('button', { name: /Run|Sent/ });
  await run.focus();
  await page.keyboard.press('Enter');
  await expect(run).toHaveText('Sent');
  await expect.poll(() => typed.map(({ data }) => data)).toEqual(['kubectl get deployments\r']);
  await expect(run).toBeFocused();
  await picture('run-sent');
  await expect(run).toHaveText('Run');
  await page.keyboard.press('Enter');
  await expect.poll(() => typed.length).toBe(2);
  expect(new Set(typed.map(({ id }) => id)).size).toBe(2);
  await page.reload();
  await page.getByRole('button', { name: /^Start/ }).click();
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  expect(typed.length).toBe(2);
});

test('a command that the shell has not confirmed is sent again after a reload, by the same id, and then never more', async ({ page }) => {
  const typed: string[] = [];
  let confirms = false;
  await playSession(page, '01-harbour');
  await page.routeWebSocket(/\/ws\/sessions\//, (socket) => {
    socket.send(JSON.stringify({ type: 'opened', boot: '0123456789abcdef', from: 0, to: 0, fresh: false }));
    socket.onMessage((text) => {
      const message = JSON.parse(String(text)) as { type: string; id: string };
      if (message.type !== 'run') return;
      typed.push(message.id);
      if (confirms) socket.send(JSON.stringify({ type: 'ran', id: message.id }));
    });
  });
  const open = async () => {
    await page.getByRole('button', { name: /^Start/ }).click();
    await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  };
  await page.goto(lesson);
  await open();
  const block = page.locator('.code-block', { hasText: 'kubectl get deployments' });
  await block.getByRole('button', { name: 'Run' }).click();
  await expect(block.getByText('The command runs when it is back, once.')).toBeVisible();
  confirms = true;
  await page.reload();
  await open();
  await expect.poll(() => typed.length).toBeGreaterThan(1);
  expect(new Set(typed).size).toBe(1);
  const sent = typed.length;
  await page.reload();
  await open();
  await block.getByRole('button', { name: 'Run' }).click();
  await expect.poll(() => new Set(typed).size).toBe(2);
  expect(typed.length).toBe(sent + 1);
});

test('the line between lesson and shell moves by keys and mouse, is remembered, and the lesson stays where it was', async ({
  page,
  accessible,
}) => {
  await seeded.ready('01-harbour');
  await page.goto(lesson);
  const line = page.getByRole('separator', { name: 'Width of the lesson' });
  await expect(line).toHaveAttribute('aria-valuenow', '46');
  const storm = page.locator('#the-storm');
  await storm.evaluate((element) => element.scrollIntoView());
  const top = () => storm.evaluate((element) => element.getBoundingClientRect().top);
  const before = await top();
  await line.focus();
  for (let i = 0; i < 6; i += 1) await page.keyboard.press('ArrowLeft');
  await expect(line).toHaveAttribute('aria-valuenow', '34');
  expect(Math.abs((await top()) - before)).toBeLessThan(40);
  await page.reload();
  await expect(line).toHaveAttribute('aria-valuenow', '34');
  await line.dblclick({ position: { x: 5, y: 200 } });
  await expect(line).toHaveAttribute('aria-valuenow', '46');
  await accessible('the workspace');
});

test('on a phone the tasks stay in sight while one reads, and lead to where they are', async ({
  page,
  guarded: _,
  accessible,
  picture,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(lesson);
  const bar = page.getByRole('navigation', { name: 'Your tasks' });
  await page.locator('#the-storm').scrollIntoViewIfNeeded();
  await expect(bar).toBeInViewport();
  await expect(bar).toContainText('0 of 3 passed');
  await picture('task-bar-360');
  await accessible('the tasks on a phone');
  await bar.getByRole('link', { name: 'The crane stands (Not checked yet)' }).click();
  await expect(page.locator('lab-task[task="crane"] h3')).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
});
