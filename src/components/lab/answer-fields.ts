import { keep, unsent } from '#components/lesson/desk.ts';

/** The fields of a task that the learner fills in. What is typed is kept on the learner's desk, handed in or not. */
export interface AnswerFields {
  /** What there is to hand in, by field: all that is filled in, and what was emptied since it was handed in. */
  answers(): Readonly<Record<string, string>>;
  /** These were kept by the server. */
  handedIn(answers: Readonly<Record<string, string>>): void;
  /** Whether a refusal that names this field, e.g. `answers.port`, is about one of these. */
  has(field: string | undefined): boolean;
  /** Marks the field that a refusal names and goes there; unmarks the others. */
  blame(field: string | undefined, note: string): void;
}

/** `submit` is called when Enter is pressed in a field. */
export function answerFields(task: HTMLElement, lab: string, submit: () => void): AnswerFields {
  const inputs = inputsOf(task);
  const desk = `drafts:${lab}`;
  const named = (field: string | undefined) => inputs.find(({ name }) => field === `answers.${name}`);
  // The server drew what it knows.
  const drafts = inputs.length === 0 ? undefined : (unsent(desk) as Readonly<Record<string, string>> | undefined);
  for (const input of inputs) {
    input.value = drafts?.[input.name] ?? input.value;
    input.addEventListener('input', () => {
      keep(desk, Object.fromEntries(inputsOf(document).map(({ name, value }) => [name, value])));
      unmark(input);
    });
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing) submit();
    });
  }
  return {
    answers: () =>
      Object.fromEntries(
        inputs.filter(({ value, dataset }) => value !== '' || (dataset['handedIn'] ?? '') !== '').map(({ name, value }) => [name, value]),
      ),
    handedIn(answers) {
      for (const input of inputs) input.dataset['handedIn'] = answers[input.name] ?? input.dataset['handedIn'] ?? '';
    },
    has: (field) => named(field) !== undefined,
    blame(field, note) {
      const faulty = named(field);
      for (const input of inputs) if (input !== faulty) unmark(input);
      faulty?.setAttribute('aria-invalid', 'true');
      faulty?.setAttribute('aria-describedby', note);
      faulty?.focus();
    },
  };
}

const inputsOf = (within: ParentNode) => [...within.querySelectorAll<HTMLInputElement>('[data-part="answers"] input')];

function unmark(input: HTMLInputElement): void {
  input.removeAttribute('aria-invalid');
  input.removeAttribute('aria-describedby');
}
