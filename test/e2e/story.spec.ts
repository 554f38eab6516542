import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, terminalText, test, typeLines } from './fixtures.ts';

test.use({ baseURL: async ({ server }, use) => use(server.origin), viewport: { width: 1440, height: 900 } });

const root = join(import.meta.dirname, '../..');

/** The reference answer to one task, line by line. */
function answerTo(task: string): string[] {
  const text = readFileSync(join(root, 'labs/04-state-inside/solve.sh'), 'utf8');
  const section = text.split(/^#: /m).find((part) => part.startsWith(`task ${task}\n`)) ?? '';
  const lines = section.trimEnd().split('\n').slice(1);
  if (lines.length === 0) throw new Error(`solve.sh has no section for ${task}`);
  return lines;
}

test('a learner starts the lab, fails a check, solves it by typing, and comes back to all of it', async ({
  page,
  server,
  guarded,
  accessible,
  picture,
}) => {
  test.setTimeout(1_200_000);
  const task = page.locator('lab-task[task="class"]');

  await test.step('open the lesson and start its lab', async () => {
    await page.goto('/');
    await page
      .getByRole('link', { name: /Stateful services, second take/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Start lab' }).click();
  });

  await test.step('watch the phases until the shell is there', async () => {
    await expect(page.locator('[data-part="phases"] > li').first()).toBeVisible({ timeout: 30_000 });
    await picture('starting');
    await expect(page.getByRole('textbox', { name: 'Terminal input' })).toBeVisible({ timeout: 240_000 });
  });

  await test.step('see the node Ready in the shell', async () => {
    await typeLines(page, ['kubectl get nodes'], /control-plane\s+Ready/, 60);
    await accessible('the lesson beside its shell');
    await picture('workspace-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture('workspace-dark');
    await page.emulateMedia({ colorScheme: null });
  });

  await test.step('press Check and read why it fails', async () => {
    await task.getByRole('button', { name: 'Check' }).click();
    await expect(task.locator('[data-part="status"]')).toContainText('Needs work');
    await expect(task.locator('[data-part="status"]')).toContainText('Saved at');
    await expect(task.getByRole('term').filter({ hasText: 'Needed' }).first()).toBeVisible();
    await task.scrollIntoViewIfNeeded();
    await picture('verdict');
    await accessible('a verdict');
  });

  await test.step('solve it by typing, and see it pass', async () => {
    await typeLines(page, ['mark=kept-$$', ...answerTo('class'), 'echo typed-$((40 + 2))'], /typed-42/, 180);
    await task.getByRole('button', { name: 'Check' }).click();
    await expect(task.locator('[data-part="status"]')).toContainText('Passed', { timeout: 20_000 });
    await expect(task.locator('[data-part="status"]')).toContainText('Saved at');
  });

  await test.step('what a witness sees needs no press of Check', async () => {
    const witnessed = page.locator('lab-task[task="claim"]');
    await typeLines(page, ['clear', ...answerTo('claim'), 'echo typed-$((40 + 3))'], /typed-43/, 180);
    await expect(witnessed.locator('[data-part="status"]')).toContainText('Passed', { timeout: 30_000 });
    await expect(witnessed.locator('[data-part="status"]')).toContainText('Saved at');
  });

  await test.step('a change in the shell turns a task red, and another green again, without a press of Check', async () => {
    const keep = "kubectl get storageclass keep -o json | jq 'del(.metadata.uid, .metadata.resourceVersion)' > keep.json";
    await typeLines(page, ['clear', keep, 'kubectl delete storageclass keep && echo gone-$((40 + 4))'], /gone-44/, 60);
    await expect(task.locator('[data-part="status"]')).toContainText('something changed since', { timeout: 10_000 });
    await expect(task.getByRole('term').filter({ hasText: 'Needed' }).first()).toBeVisible();
    await typeLines(page, ['clear; kubectl create -f keep.json && echo back-$((40 + 5))'], /back-45/, 60);
    await expect(task.locator('[data-part="status"]')).toContainText('Passed', { timeout: 10_000 });
    await task.getByText(/First passed at .* turned \d times/).click();
    await expect(task.getByRole('listitem').filter({ hasText: 'seen by itself' }).first()).toBeVisible();
    await task.scrollIntoViewIfNeeded();
    await accessible('a task with its history');
    await picture('turned');
  });

  for (const id of ['stateful-set', 'replicas-differ', 'scale-and-back', 'rollout']) {
    await test.step(`type the answer to ${id}, and see it tick by itself`, async () => {
      await typeLines(page, ['clear', ...answerTo(id), `echo "typed-$((40 + 2)): ${id}."`], new RegExp(`typed-42: ${id}\\.`), 300);
      await expect(page.locator(`lab-task[task="${id}"]`).locator('[data-part="status"]')).toContainText('Passed', { timeout: 60_000 });
    });
  }

  await test.step('all of it is ticked beside the shell', async () => {
    await expect(page.getByRole('navigation', { name: 'Tasks of this lab' }).getByRole('link', { name: /Passed/ })).toHaveCount(6);
    await picture('solved-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture('solved-dark');
    await page.emulateMedia({ colorScheme: null });
  });

  const mark = await test.step('the shell has a memory of its own', async () => {
    await typeLines(page, ['clear; echo "[$mark]"'], /\[kept-\d+\]/, 20);
    return /\[kept-\d+\]/.exec((await terminalText(page).textContent()) ?? '')?.[0] ?? 'none';
  });

  await test.step('reload: still passed, and the same shell', async () => {
    await page.reload();
    await expect(task.locator('[data-part="status"]')).toContainText('Passed', { timeout: 20_000 });
    await expect(terminalText(page)).toContainText(mark, { timeout: 20_000 });
    await typeLines(page, ['clear; echo "again [$mark]"'], new RegExp(`again ${mark.replaceAll(/[[\]]/g, '\\$&')}`), 20);
  });

  await test.step('stop the server, then kill it: still passed, and the same shell', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await guarded.whileAway(async () => {
        await server.kill(signal);
        await server.start();
        await page.reload();
        await expect(task.locator('[data-part="status"]')).toContainText('Passed', { timeout: 30_000 });
        const line = `after ${signal} `;
        await typeLines(page, [`clear; echo "${line}[$mark]"`], new RegExp(`${line}${mark.replaceAll(/[[\]]/g, '\\$&')}`), 60);
      });
    }
  });

  await test.step('the instructor sees it, with its evidence', async () => {
    await page.goto('/teach');
    await expect(page.getByRole('table').first()).toContainText('Passed, 2 of 2');
    await expect(page.getByRole('table').first()).toContainText('Passed, 3 of 3');
    await accessible('the board');
    await picture('teach');
    await page.getByRole('table', { name: 'Latest attempts' }).getByRole('link').first().click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await accessible('an attempt');
    await picture('attempt');
  });

  await test.step('the author sees how it is judged', async () => {
    await page.goto('/authoring');
    await expect(page.getByRole('row', { name: /A class whose volumes stay/ })).toContainText('kube.list');
    await accessible('authoring');
    await picture('authoring-lab-4');
  });

  await test.step('end the lab: nothing of it is left', async () => {
    await page.goto('/lessons/04-state-inside');
    await page.locator('.lab-menu summary').click();
    await page.getByRole('button', { name: 'End lab' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End lab' }).click();
    await expect(page.getByRole('button', { name: /Start/ })).toBeVisible({ timeout: 90_000 });
    await expect.poll(() => server.census(), { timeout: 60_000 }).toEqual([]);
  });
});
