import { defineCollection } from 'astro:content';
import { glob, type Loader } from 'astro/loaders';
import { LessonFrontmatter } from '#course/course-file.ts';
import { LabFile } from '#lab/lab-file.ts';
import { courseRoot } from './course-root.ts';

const root = courseRoot();

/** Loads lab files, and keeps each brief as HTML beside its Markdown. */
function labFiles(): Loader {
  const files = glob({ pattern: '*/lab.yaml', base: new URL('labs/', root), generateId: ({ entry }) => entry.split('/')[0] ?? entry });
  return {
    name: 'labs',
    load: (context) =>
      files.load({
        ...context,
        parseData: async (props) => {
          const data = await context.parseData(props);
          const { tasks } = LabFile.parse(data);
          const briefs = await Promise.all(tasks.map(async (task) => [task.id, (await context.renderMarkdown(task.brief)).html] as const));
          return { ...data, briefs: Object.fromEntries(briefs) };
        },
      }),
  };
}

export const collections = {
  lessons: defineCollection({
    loader: glob({ pattern: '*.mdx', base: new URL('content/lessons/', root) }),
    schema: LessonFrontmatter,
  }),
  labs: defineCollection({ loader: labFiles(), schema: LabFile }),
};
