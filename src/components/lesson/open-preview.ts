import { request } from '#components/lab/api.ts';

/** Less than the server gives the address it hands out. */
export const ticketMilliseconds = 25_000;

/**
 * Opens a program of the lab in a tab of its own. To be called in the click itself: the tab must be there before its address is,
 * else browsers take it for an advertisement. `kept`: the address, when no tab was allowed. Throws `LabProblem`.
 */
export async function openPreview(session: string, label: string, title: string): Promise<{ kept: string | null }> {
  const tab = window.open('about:blank', '_blank');
  if (tab !== null) {
    // What runs in a lab gets no hold of this page.
    tab.opener = null;
    tab.document.title = title;
    tab.document.body.textContent = `Opening ${title}…`;
  }
  try {
    const { url } = await request<{ url: string }>(`/api/sessions/${session}/preview`, { label });
    if (tab === null || tab.closed) return { kept: tab === null ? url : null };
    tab.location.replace(url);
    return { kept: null };
  } catch (error) {
    tab?.close();
    throw error;
  }
}
