/** The fields of a task that the learner fills in. What is typed stays through a reload of the page until it is handed in. */
export interface AnswerFields {
  /** What the fields hold, by field; undefined when the task has none. */
  answers(): Readonly<Record<string, string>> | undefined;
  handedIn(): void;
  /** Marks the field that a refusal names, e.g. `answers.port`, and goes there; unmarks all when it names none. */
  blame(field: string | undefined, note: string): void;
}

/** `submit` is called when Enter is pressed in a field. */
export function answerFields(task: HTMLElement, key: string, submit: () => void): AnswerFields {
  const inputs = [...task.querySelectorAll<HTMLInputElement>('[data-part="answers"] input')];
  const draft = (input: HTMLInputElement) => `slipway:${key}:${input.name}`;
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
    answers: () => (inputs.length === 0 ? undefined : Object.fromEntries(inputs.map((input) => [input.name, input.value]))),
    handedIn: () => {
      for (const input of inputs) sessionStorage.removeItem(draft(input));
    },
    blame(field, note) {
      for (const input of inputs) {
        if (field === undefined || !(field === input.name || field.endsWith(`.${input.name}`))) unmark(input);
        else if (input.getAttribute('aria-invalid') !== 'true') {
          input.setAttribute('aria-invalid', 'true');
          input.setAttribute('aria-errormessage', note);
          input.focus();
        }
      }
    },
  };
}

function unmark(input: HTMLInputElement): void {
  input.removeAttribute('aria-invalid');
  input.removeAttribute('aria-errormessage');
}
