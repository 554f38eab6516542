import { announce } from './announce.ts';
import { labClient } from './client.ts';

/**
 * Until there is a lab its panel is the server's, and needs one thing of a script: that its button starts one. The panel
 * proper is loaded then, or as soon as anything else changes.
 */
for (const panel of document.querySelectorAll<HTMLElement>('lab-panel')) {
  const client = labClient(panel.getAttribute('lab') ?? '');
  const button = panel.querySelector<HTMLButtonElement>('[data-part="actions"] button');
  const load = () => import('./lab-panel.ts');
  let isDrawn = true;
  const follow = () => {
    // The first time is the page as the server drew it; a failure is met by the next change.
    if (!isDrawn || client.state().session !== null) load().catch((error: unknown) => console.error(error));
    isDrawn = false;
  };
  client.subscribe(follow);
  if (button === null) continue;
  button.disabled = false;
  button.addEventListener('click', () => {
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    load()
      .then(() => client.start())
      .catch((error: unknown) => {
        console.error(error);
        announce('The lab’s panel could not be loaded. Try again.');
        button.textContent = 'Could not be loaded. Try again';
        button.ariaDisabled = null;
      });
  });
}
