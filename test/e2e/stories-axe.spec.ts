import { expect, test } from './fixtures.ts';
import { type Seeded, seed } from './small/seed.ts';

/** Every page and state that no other story looks at with axe, in both themes. */

const lesson = '/lessons/01-harbour';

test.describe('a small course', () => {
  test.use({ baseURL: async ({ small }, use) => use(small.origin), viewport: { width: 1440, height: 900 } });
  let seeded: Seeded;
  test.beforeEach(async ({ page, small }) => {
    seeded = await seed(small, page);
  });
  test.afterEach(async () => {
    await seeded.close();
  });

  test('the pages of who learns', async ({ page, guarded, accessible, picture }) => {
    test.setTimeout(240_000);
    for (const [name, path] of [
      ['front', '/'],
      ['lesson', lesson],
      ['lesson-slides', `${lesson}?slides`],
      ['lesson-notes', `${lesson}?slides&notes`],
      ['search', '/search?q=harbour'],
    ] as const) {
      await page.goto(path);
      if (name === 'search') await expect(page.getByRole('option').first()).toBeVisible();
      if (name === 'lesson-slides') await expect(page.locator('.reveal.ready')).toBeVisible();
      if (name === 'lesson-notes') await expect(page.locator('.speaker')).toBeVisible();
      await accessible(name);
      await picture(`page-${name}`);
    }
    await page.goto('/');
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
    await accessible('the keys');
    await picture('page-keys');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('crates');
    await expect(page.getByRole('option').first()).toBeVisible();
    await accessible('the search before a page');
    await picture('page-search-dialog');
    expect(guarded.seen()).toEqual([]);
  });

  test('a lesson in each state of its lab', async ({ page, accessible, picture }) => {
    test.setTimeout(240_000);
    const session = await seeded.ready('01-harbour');
    await seeded.attempt(session, 'crane', 'passed');
    await seeded.attempt(session, 'berth', 'not-yet', 'Fog.');
    await seeded.attempt(session, 'storm', 'wrong', 'A ship without papers came in.');
    await page.goto(lesson);
    await expect(page.locator('.lab-menu summary')).toBeVisible();
    await expect(page.locator('slipway-shells')).toBeVisible();
    await accessible('a lesson whose lab is ready and cannot be reached');
    await picture('page-lesson-ready');
    const reason = { code: 'paused-idle', message: 'Nothing was done in this lab for 20 minutes, so it was paused.' };
    await seeded.store.sessions.move(session.id, 'pause', { reason });
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Your lab is paused' })).toBeVisible();
    await accessible('a lesson whose lab is paused');
    await picture('page-lesson-paused');
    await seeded.store.sessions.move(session.id, 'crash', {
      reason: {
        code: 'lost',
        message: 'A part of this lab (node) stopped.',
        advice: 'Begin the lab again; what you already passed stays passed.',
      },
    });
    await page.reload();
    await expect(page.getByRole('button', { name: 'Begin again' })).toBeVisible();
    await accessible('a lesson whose lab was lost');
    await picture('page-lesson-lost');
    await page.goto('/');
    await accessible('the front page of who has begun');
    await picture('page-front-begun');
  });

  test('the pages of who teaches', async ({ page, guarded: _, accessible, picture }) => {
    test.setTimeout(240_000);
    const session = await seeded.ready('01-harbour');
    const attempt = await seeded.attempt(session, 'crane', 'wrong', 'There is no crane.');
    await seeded.store.disputes.file({ attempt: attempt.id, person: seeded.person.id, sentence: 'It stands behind the shed.' });
    await seeded.store.phases.plan(session.id, session.epoch, [{ id: 'boot', title: 'Boot the nodes' }]);
    await seeded.store.phases.begin(session.id, session.epoch, 'boot');
    await seeded.store.phases.end(session.id, session.epoch, 'boot', 2_400);
    await seeded.store.log.add(session.id, session.epoch, { kind: 'ready', text: 'The lab was ready after 9 seconds.' });
    for (const [name, path] of [
      ['teach', '/teach'],
      ['attempts', '/teach/attempts'],
      ['attempt-dispute', `/teach/attempts/${attempt.id}`],
      ['authoring', '/authoring'],
      ['host', '/teach/host'],
      ['host-lab', `/teach/host/${session.id}`],
    ] as const) {
      await page.goto(path);
      await accessible(name);
      await picture(`page-${name}`);
    }
  });

  test('how the machine does, drawn and as tables, and what happened to a lab', async ({ page, guarded: _ }) => {
    const session = await seeded.ready('01-harbour');
    await seeded.store.phases.plan(session.id, session.epoch, [{ id: 'boot', title: 'Boot the nodes' }]);
    await seeded.store.phases.begin(session.id, session.epoch, 'boot');
    await seeded.store.phases.end(session.id, session.epoch, 'boot', 2_400);
    await seeded.store.log.add(session.id, session.epoch, { kind: 'ready', text: 'The lab was ready after 9 seconds.' });
    await page.goto('/teach');
    await page.getByRole('link', { name: 'This machine' }).click();
    const labs = page.getByRole('img', { name: /^Labs at a time\. run: now 1, at most 1/ });
    await expect(labs).toBeVisible({ timeout: 30_000 });
    const chart = page.getByRole('figure', { name: 'Labs at a time' });
    await chart.getByText('As a table').click();
    await expect(chart.getByRole('row', { name: /^now 1 0 0 0$/ })).toBeVisible();
    // What is open and where one reads stay, while the page brings itself up to date.
    await seeded.store.sessions.move(session.id, 'pause', { reason: { code: 'paused-idle', message: 'Nothing was done for 20 minutes.' } });
    await expect(page.getByRole('table', { name: 'Labs', exact: true })).toContainText('Nothing was done for 20 minutes.', {
      timeout: 30_000,
    });
    await expect(chart.getByRole('table')).toBeVisible();
    await page.getByRole('link', { name: /^What happened to the lab of/ }).click();
    await expect(page.getByRole('table', { name: 'How it was made' })).toContainText(/Boot the nodes\s*2\.4 s/);
    await expect(page.getByRole('table', { name: 'Its log' })).toContainText('The lab was ready after 9 seconds.');
  });

  test('pages that are not there, and one of a learner who may not see it', async ({ page, accessible, picture }) => {
    for (const path of ['/no-such-page', '/teach/attempts/no-such-attempt', '/teach/host/nosuchlab']) {
      expect((await page.goto(path))?.status()).toBe(404);
      await accessible(path);
    }
    await picture('page-404');
  });
});

test.describe('the course', () => {
  test.use({ baseURL: async ({ reading }, use) => use(reading.origin), viewport: { width: 1440, height: 900 } });

  test('its slides and notes, with every kind of content there is', async ({ page, guarded: _, accessible, picture }) => {
    test.setTimeout(240_000);
    await page.goto('/lessons/04-state-inside?slides&notes');
    await expect(page.locator('.speaker')).toBeVisible();
    await accessible('the notes');
    await picture('page-course-notes');
    await page.goto('/lessons/04-state-inside?slides');
    const count = Number((await page.locator('.slide-number').textContent())?.split('/')[1]);
    expect(count).toBeGreaterThan(6);
    for (let slide = 1; slide <= 7; slide += 1) {
      await accessible(`slide ${slide}`);
      if (slide % 2 === 0) await picture(`page-slide-${slide}`);
      await page.keyboard.press('ArrowRight');
    }
  });
});
