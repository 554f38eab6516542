/** The fields of a task that the learner fills in. What is typed stays through a reload of the page until it is handed in. */
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
export function answerFields(task: HTMLElement, key: string, submit: () => void): AnswerFields {
  const inputs = [...task.querySelectorAll<HTMLInputElement>('[data-part="answers"] input')];
  const draft = (input: HTMLInputElement) => `slipway:${key}:${input.name}`;
  const named = (field: string | undefined) => inputs.find(({ name }) => field === `answers.${name}`);
  for (const input of inputs) {
    input.value = sessionStorage.getItem(draft(input)) ?? input.value;
    input.addEventListener('input', () => {
      sessionStorage.setItem(draft(input), input.value);
      unmark(input);
    });
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing) submit();
    });
  }
  return {
    answers: () =>
      // `defaultValue` is what was handed in before.
      Object.fromEntries(inputs.filter((input) => input.value !== '' || input.defaultValue !== '').map(({ name, value }) => [name, value])),
    handedIn(answers) {
      for (const input of inputs) {
        const text = answers[input.name];
        if (text === undefined) continue;
        const typed = input.value;
        input.defaultValue = text;
        input.value = typed;
        if (typed === text) sessionStorage.removeItem(draft(input));
      }
    },
    has: (field) => named(field) !== undefined,
    blame(field, note) {
      const faulty = named(field);
      for (const input of inputs) if (input !== faulty) unmark(input);
      faulty?.setAttribute('aria-invalid', 'true');
      faulty?.setAttribute('aria-errormessage', note);
      faulty?.focus();
    },
  };
}

function unmark(input: HTMLInputElement): void {
  input.removeAttribute('aria-invalid');
  input.removeAttribute('aria-errormessage');
}
