/** A piece of a lesson, in its order. `node` is whatever the caller draws it from. */
export type Block<Node> =
  | { kind: 'heading'; level: 2 | 3; title: string; id: string; node: Node }
  | { kind: 'slide'; title: string | null; node: Node }
  | { kind: 'figure' | 'task' | 'points'; title: string; node: Node }
  | { kind: 'code'; lines: number; node: Node }
  | { kind: 'text' /** Its words, for a lead-in to what comes next. */; text: string; node: Node }
  | { kind: 'notes'; node: Node };

export interface Slide<Node> {
  kind: 'section' | 'words' | 'figure' | 'code' | 'task' | 'points';
  title: string;
  /** The id of the section in the lesson that this belongs to; empty before the first. */
  section: string;
  /** Whether a new stack begins: a section of the lesson with all that belongs to it. */
  begins: boolean;
  /** A line above what is shown, where the prose led to it. */
  lead: string | null;
  shown: Node[];
  notes: Node[];
}

const mostLines = 14;

/**
 * The slides of a lesson: one a heading, with what the author wrote for it, then one for each figure, task and list of
 * points, and the code in groups that fit. What is not shown is a note to the slide before it, unless the author wrote one.
 */
export function planSlides<Node>(title: string, blocks: readonly Block<Node>[]): Slide<Node>[] {
  const slides: Slide<Node>[] = [{ kind: 'section', title, section: '', begins: true, lead: null, shown: [], notes: [] }];
  let heading = { title, id: '' };
  let current = slides[0] as Slide<Node>;
  let lines = 0;
  let written = false;
  let before: Block<Node> | null = null;
  const add = (slide: Pick<Slide<Node>, 'kind' | 'title'> & Partial<Slide<Node>>) => {
    current = { section: heading.id, begins: false, lead: null, shown: [], notes: [], ...slide };
    written = false;
    lines = 0;
    slides.push(current);
  };
  for (const block of blocks) {
    switch (block.kind) {
      case 'heading':
        heading = block;
        add({ kind: 'section', title: block.title, begins: block.level === 2 });
        break;
      case 'slide':
        if (block.title === null && current.kind === 'section' && current.shown.length === 0 && current.section !== '') {
          current.shown.push(block.node);
        } else add({ kind: 'words', title: block.title ?? heading.title, shown: [block.node] });
        break;
      case 'code': {
        const lead = before?.kind === 'text' ? leadIn(before.text) : null;
        if (current.kind === 'code' && lead === null && lines + block.lines <= mostLines) current.shown.push(block.node);
        else add({ kind: 'code', title: heading.title, lead, shown: [block.node] });
        lines += block.lines;
        break;
      }
      case 'figure':
      case 'task':
      case 'points':
        add({ kind: block.kind, title: block.title, shown: [block.node] });
        break;
      case 'notes':
        current.notes = [block.node];
        written = true;
        break;
      case 'text':
        if (!written) current.notes.push(block.node);
        break;
    }
    before = block;
  }
  return slides;
}

/** The last sentence of a paragraph that ends with a colon, as it leads to what comes next. */
export function leadIn(text: string): string | null {
  const words = text.trim();
  if (!words.endsWith(':')) return null;
  return /(?:^|[.!?]["”’]?\s+)([^.!?]*(?:[.!?]\S[^.!?]*)*:)$/.exec(words)?.[1] ?? words;
}
