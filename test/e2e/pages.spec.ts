import { expect, test } from './fixtures.ts';

test.use({ baseURL: async ({ reading }, use) => use(reading.origin), viewport: { width: 1280, height: 900 } });

const lesson = '/lessons/04-state-inside';

test('a reader searches by keyboard and lands at the section', async ({ page, guarded: _, accessible, picture }) => {
  await page.goto('/');
  await page.keyboard.press('/');
  await page.keyboard.type('retention policy', { delay: 0 });
  const field = page.getByRole('combobox', { name: 'Search the course' });
  await expect(field).toHaveValue('retention policy');
  const section = page.getByRole('option', { name: /What stays when pods go/ });
  await expect(section).toBeVisible();
  await accessible('the search');
  await picture('search');
  await expect(async () => {
    await page.keyboard.press('ArrowDown');
    await expect(section).toHaveAttribute('aria-selected', 'true', { timeout: 50 });
  }).toPass({ intervals: [0] });
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#what-stays-when-pods-go$/);
  await expect(page.getByRole('heading', { name: 'What stays when pods go' })).toBeInViewport();
});

test('the page of searches keeps its words in the address, and knows the glossary', async ({ page, guarded: _, accessible }) => {
  await page.goto('/search?q=PVC');
  await expect(page.getByRole('option', { name: /^Claim/ })).toBeVisible();
  await accessible('the page of searches');
  await page.getByRole('combobox').fill('walrus');
  await expect(page.getByRole('status')).toHaveText('Nothing found for “walrus”.');
  await page.getByRole('combobox').fill('claim');
  await expect(page).toHaveURL(/q=claim$/);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/glossary#claim$/);
});

test('hints are not found by searching', async ({ page }) => {
  await page.goto('/search?q=hint');
  await expect(page.getByRole('status')).toHaveText(/found/i);
  await expect(page.getByRole('option', { name: /Hint \d/ })).toHaveCount(0);
});

test('a word of the glossary shows what it means where it stands, and in the glossary', async ({
  page,
  guarded: _,
  accessible,
  picture,
}) => {
  await page.goto(lesson);
  const term = page.getByRole('button', { name: 'reclaim policy' });
  await term.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Retain keeps it until a person has looked.')).toBeVisible();
  await accessible('a term');
  await page.getByRole('link', { name: 'In the glossary' }).click();
  await expect(page).toHaveURL(/\/glossary#reclaim-policy$/);
  await expect(page.locator('#reclaim-policy')).toBeInViewport();
  await accessible('the glossary');
  await picture('glossary');
});

test('the keys of the page are shown by ?, work, and can be switched off', async ({ page, guarded: _, accessible, picture }) => {
  await page.goto(lesson);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys).toContainText('Next lesson');
  await accessible('the keys');
  await picture('keys');
  await page.keyboard.press('h');
  await keys.getByRole('checkbox').uncheck();
  // A press on the words of the dialog takes the focus off the switch; the page behind it stays without keys.
  await keys.getByRole('heading', { name: 'Keys', exact: true }).click();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  const dead = async () => {
    for (const key of ['h', 'd', 'n', 'p', 't', 's', '/', '?']) await page.keyboard.press(key);
    await expect(page).toHaveURL(lesson);
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page.locator('html')).not.toHaveAttribute('data-theme');
  };
  await dead();
  await page.reload();
  await dead();
  await page.getByRole('button', { name: 'Keys' }).click();
  await expect(keys.getByRole('checkbox')).not.toBeChecked();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Search' })).toBeVisible();
  await page.keyboard.type('h?');
  await expect(page.getByRole('combobox')).toHaveValue('h?');
});

test('the contents of a lesson mark the section that is read', async ({ page, guarded: _ }) => {
  await page.setViewportSize({ width: 1700, height: 900 });
  await page.goto(lesson);
  const contents = page.getByRole('navigation', { name: 'On this page' });
  await contents.getByRole('link', { name: 'An update that stops' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'An update that stops' })).toBeInViewport();
  await expect(contents.locator('[aria-current]')).toHaveText('An update that stops');
});

test('a lesson is shown as slides by keys, with the notes in step', async ({ page, context, guarded: _, accessible, picture }) => {
  await page.goto(lesson);
  await page.keyboard.press('s');
  await expect(page).toHaveURL(/\?slides/);
  const slide = page.locator('section.lesson-slide.present:visible');
  await expect(slide).toContainText('Stateful services, second take');
  await accessible('the slides');
  await page.keyboard.press('ArrowRight');
  await expect(slide).toContainText("A container's files live as long as the container".replace("'", '’'));
  await expect(page.getByRole('link', { name: /^2 \/ \d\d$/ })).toBeVisible();

  const [notes] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('s')]);
  await expect(notes.getByRole('status')).toHaveText(/^Slide 2 of \d\d$/);
  await expect(notes.getByRole('region', { name: 'Notes' })).toContainText('The harbour master writes every berth into a logbook.');
  await notes.keyboard.press('ArrowRight');
  await expect(slide).toContainText('kubectl -n harbour get deployments');
  await page.keyboard.press('End');
  await expect(notes.getByText('The end', { exact: true })).toBeVisible();
  await notes.screenshot({ path: 'test-results/pictures/speaker.png' });

  await page.keyboard.press('o');
  await expect(page.locator('.reveal.overview')).toBeVisible();
  await picture('slides-overview');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('.reveal.overview')).toHaveCount(0);
  await page.keyboard.press('r');
  await expect(page).toHaveURL(/\/lessons\/04-state-inside#/);
});

test('slides fit: nothing of them is cut, and each is a page on paper', async ({ page, guarded: _ }) => {
  await page.goto(`${lesson}?slides`);
  await expect(page.locator('.reveal.ready')).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  const cut = await page
    .locator('section.lesson-slide')
    .evaluateAll((slides) => slides.filter((slide) => slide.scrollHeight > slide.clientHeight + 1).map((slide) => slide.textContent));
  expect(cut).toEqual([]);
  // Reveal gives each slide's classes to its background as well.
  const slides = await page.locator('section.lesson-slide').count();
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  expect(pdf.match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(slides);
});

test('a lesson on paper has its prose and tasks, and nothing to press', async ({ page, picture }) => {
  await page.goto(lesson);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('lab-task').first()).toBeVisible();
  await expect(page.locator('button:visible:not(.term button)')).toHaveCount(0);
  await expect(page.getByRole('banner')).toBeHidden();
  await expect(page.locator('body')).toHaveCSS('color', 'rgb(21, 35, 43)');
  await picture('lesson-on-paper');
});

test('without a script the slides are the lesson, to be read', async ({ browser, reading }) => {
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.goto(`${reading.origin}${lesson}?slides`);
  await expect(page.getByText('Nothing broke.')).toBeVisible();
  await page.close();
});

test('at 360 px the menu opens, and every page fits', async ({ page, guarded: _, accessible, picture }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  for (const path of ['/', lesson, '/glossary', '/search', `${lesson}?slides`]) {
    await page.goto(path);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(sideways, path).toBe(0);
  }
  await page.goto('/');
  await page.getByRole('button', { name: 'Menu' }).click();
  await accessible('the menu');
  await picture('menu-360');
  await page.getByRole('link', { name: 'Glossary' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Glossary');
});

test('the front page leads back to where the reader left', async ({ page, guarded: _, accessible }) => {
  await page.goto('/');
  const kept = await page.request.put('/api/desk/place', {
    data: { value: { lesson: '04-state-inside', at: new Date().toISOString() } },
    headers: { origin: new URL(page.url()).origin },
  });
  expect(kept.status()).toBe(204);
  await page.reload();
  await expect(page.getByText('You are here')).toBeVisible();
  await accessible('the front page of one who began');
  await page.getByRole('link', { name: 'Go on: Stateful services, second take' }).click();
  await expect(page).toHaveURL(lesson);
});

test.describe('a course without a glossary', () => {
  test.use({ baseURL: async ({ small }, use) => use(small.origin) });

  test('has no link to one, and can be searched', async ({ page, guarded: _ }) => {
    await page.goto('/search?q=quay');
    await expect(page.getByRole('option', { name: /The harbour/ })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Glossary' })).toHaveCount(0);
    const answer = await page.request.get('/glossary');
    expect(answer.status()).toBe(404);
  });
});
