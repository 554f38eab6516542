import { defineConfig } from 'vitest/config';

const project = (name: string, timeout: number) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeout, hookTimeout: timeout },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 5_000),
      project('content', 20_000),
      project('adapters', 60_000),
      project('faults', 3_600_000),
      project('model', 3_600_000),
      project('acceptance', 600_000),
    ],
  },
});
