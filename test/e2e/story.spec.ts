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
  const taskOf = (id: string) => page.locator(`lab-task[task="${id}"]`);
  const statusOf = (id: string) => taskOf(id).locator('[data-part="status"]');
  const task = taskOf('class');
  const status = statusOf('class');
  const runs = (text: string) => page.locator('.code-block', { hasText: text }).getByRole('button', { name: 'Run' }).first();
  const fromMenu = async (name: RegExp) => {
    await page.locator('.lab-menu summary').click();
    await page.locator('.lab-menu').getByRole('button', { name }).click();
  };

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

  await test.step('press Run at two commands of the lesson, and see what they do', async () => {
    await expect(async () => {
      await runs('get deployments,pods,services').click();
      await expect(terminalText(page)).toContainText(/logbook\s+1\/1/, { timeout: 10_000 });
    }).toPass({ timeout: 90_000 });
    await runs('"ship": "Ariel"').click();
    await expect(terminalText(page)).toContainText(/curl http:.*Ariel/, { timeout: 30_000 });
    await picture('run');
  });

  await test.step('see the booking in the logbook itself, in a tab of its own', async () => {
    const inProse = page.locator('.prose').getByRole('button', { name: /The logbook/ });
    const [logbook] = await Promise.all([page.waitForEvent('popup'), inProse.click()]);
    await expect(logbook.locator('body')).toContainText('Ariel', { timeout: 30_000 });
    expect(new URL(logbook.url()).hostname).toMatch(/^logbook--.*\.localhost$/);
    await logbook.close();
    await page.locator('.lab-menu summary').click();
    await expect(page.locator('.lab-menu').getByRole('button', { name: /The logbook/ })).toBeVisible();
    await picture('menu');
    await page.locator('.lab-menu summary').press('Escape');
  });

  await test.step('press Check and read why it fails', async () => {
    await task.getByRole('button', { name: 'Check' }).click();
    await expect(status).toContainText('Needs work');
    await expect(status).toContainText('Saved at');
    await expect(task.getByRole('term').filter({ hasText: 'Needed' }).first()).toBeVisible();
    await task.scrollIntoViewIfNeeded();
    await picture('verdict');
    await accessible('a verdict');
  });

  await test.step('open a hint, and tell the instructor that the verdict is wrong', async () => {
    await task.getByRole('button', { name: 'Show hint 1 of 3' }).click();
    await expect(task.getByText('Read the class that is there first.')).toBeVisible();
    await task.getByRole('button', { name: 'This verdict is wrong' }).click();
    await task.getByLabel(/What is wrong with it/).fill('My class is called keep-it.');
    await task.getByRole('button', { name: 'Send it' }).click();
    await expect(task.getByText('Filed for your instructor at')).toContainText('My class is called keep-it.');
  });

  await test.step('solve it by typing, and see it pass', async () => {
    await typeLines(page, ['mark=kept-$$', ...answerTo('class'), 'echo typed-$((40 + 2))'], /typed-42/, 180);
    await task.getByRole('button', { name: 'Check' }).click();
    await expect(status).toContainText('Passed', { timeout: 20_000 });
    await expect(status).toContainText('Saved at');
  });

  await test.step('what a witness sees needs no press of Check', async () => {
    await typeLines(page, ['clear', ...answerTo('claim'), 'echo typed-$((40 + 3))'], /typed-43/, 180);
    await expect(statusOf('claim')).toContainText('Passed', { timeout: 30_000 });
    await expect(statusOf('claim')).toContainText('Saved at');
  });

  await test.step('a change in the shell turns a task red, and another green again, without a press of Check', async () => {
    const keep = "kubectl get storageclass keep -o json | jq 'del(.metadata.uid, .metadata.resourceVersion)' > keep.json";
    await typeLines(page, ['clear', keep, 'kubectl delete storageclass keep && echo gone-$((40 + 4))'], /gone-44/, 60);
    await expect(status).toContainText('something changed since', { timeout: 10_000 });
    await expect(task.getByRole('term').filter({ hasText: 'Needed' }).first()).toBeVisible();
    await typeLines(page, ['clear; kubectl create -f keep.json && echo back-$((40 + 5))'], /back-45/, 60);
    await expect(status).toContainText('Passed', { timeout: 10_000 });
    await task.getByText(/First passed at .* turned \d times/).click();
    await expect(task.getByRole('listitem').filter({ hasText: 'seen by itself' }).first()).toBeVisible();
    await task.scrollIntoViewIfNeeded();
    await accessible('a task with its history');
    await picture('turned');
  });

  for (const id of ['stateful-set', 'replicas-differ', 'scale-and-back', 'rollout']) {
    await test.step(`type the answer to ${id}, and see it tick by itself`, async () => {
      await typeLines(page, ['clear', ...answerTo(id), `echo "typed-$((40 + 2)): ${id}."`], new RegExp(`typed-42: ${id}\\.`), 300);
      await expect(statusOf(id)).toContainText('Passed', { timeout: 60_000 });
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
  const remembers = async (word: string, seconds: number) =>
    await typeLines(page, [`clear; echo "${word} [$mark]"`], new RegExp(`${word} ${mark.replaceAll(/[[\]]/g, '\\$&')}`), seconds);

  await test.step('a second shell beside the first', async () => {
    await page.getByRole('button', { name: 'New shell' }).click();
    await typeLines(page, ['other=second-$((40 + 6)); echo "$other"'], /second-46/, 30);
    await page.getByRole('tab', { name: 'Shell 1' }).click();
    await remembers('first', 30);
  });

  await test.step('pause the lab, and let it go on: nothing of it is lost', async () => {
    await fromMenu(/^Pause/);
    await expect(page.getByRole('heading', { name: 'Your lab is paused' })).toBeVisible({ timeout: 60_000 });
    await expect(status).toContainText('Passed');
    await accessible('a paused lab');
    await picture('paused');
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect(page.getByRole('tabpanel').getByText('Connected', { exact: true })).toBeVisible({ timeout: 120_000 });
    await remembers('resumed', 60);
    await typeLines(page, ['clear; kubectl get nodes'], /control-plane\s+Ready/, 60);
  });

  await test.step('reload: still passed, and the same shells', async () => {
    await page.reload();
    await expect(status).toContainText('Passed', { timeout: 20_000 });
    await remembers('again', 30);
    await page.getByRole('tab', { name: 'Shell 2' }).click();
    await typeLines(page, ['clear; echo "again [$other]"'], /again \[second-46\]/, 30);
    await page.getByRole('tab', { name: 'Shell 1' }).click();
  });

  await test.step('stop the server, then kill it: still passed, and the same shell', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await guarded.whileAway(async () => {
        await server.kill(signal);
        await server.start();
        await page.reload();
        await expect(status).toContainText('Passed', { timeout: 30_000 });
        await remembers(`after ${signal}`, 60);
      });
    }
  });

  await test.step('the instructor sees it, with its evidence', async () => {
    await page.goto('/teach');
    const board = page.getByRole('table', { name: 'Stateful services, second take' });
    await expect(board).toContainText('Passed, 2 of 2');
    await expect(board).toContainText('Passed, 3 of 3');
    await accessible('the board');
    await picture('teach');
    await page.getByRole('table', { name: 'Latest attempts' }).getByRole('link').first().click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await accessible('an attempt');
    await picture('attempt');
  });

  await test.step('the instructor answers what the learner said against a verdict', async () => {
    await page.goto('/teach');
    const disputes = page.getByRole('table', { name: 'Verdicts in dispute' });
    await expect(disputes.getByRole('row', { name: /My class is called keep-it/ })).toContainText('Needs work');
    await disputes.getByRole('link').first().click();
    await expect(page.getByText('1 hint').first()).toBeVisible();
    await page.getByLabel(/Your answer/).fill('Its name has to be keep.');
    await page.getByRole('button', { name: 'Answer and settle' }).click();
    await expect(page.getByText('Its name has to be keep.')).toBeVisible();
    await page.goto('/lessons/04-state-inside');
    await expect(page.getByText('Its name has to be keep.')).toBeVisible();
  });

  await test.step('the author sees how it is judged', async () => {
    await page.goto('/authoring');
    await expect(page.getByRole('row', { name: /A class whose volumes stay/ })).toContainText('kube.list');
    await accessible('authoring');
    await picture('authoring-lab-4');
  });

  await test.step('end the lab: nothing of it is left', async () => {
    await page.goto('/lessons/04-state-inside');
    await fromMenu(/^End lab/);
    await page.getByRole('dialog').getByRole('button', { name: 'End lab' }).click();
    await expect(page.getByRole('button', { name: /Start/ })).toBeVisible({ timeout: 90_000 });
    await expect.poll(() => server.census(), { timeout: 60_000 }).toEqual([]);
  });
});
