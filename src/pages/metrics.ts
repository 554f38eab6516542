import type { APIRoute } from 'astro';
import { mayReadMetrics } from '#server/metrics/access.ts';
import { metricsOf } from '#server/metrics/metrics.ts';

export const prerender = false;

/** How this server does, in the text that Prometheus reads. */
export const GET: APIRoute = async ({ request, locals, clientAddress }) => {
  const { runtime } = locals;
  const headers = Object.fromEntries(request.headers);
  if (!mayReadMetrics(headers, clientAddress, runtime.context.settings.metricsToken)) {
    const advice = 'Read them from this machine, or show the token of SLIPWAY_METRICS_TOKEN: Authorization: Bearer TOKEN.\n';
    return new Response(advice, { status: 401, headers: { 'www-authenticate': 'Bearer', 'cache-control': 'no-store' } });
  }
  const { contentType, text } = metricsOf(runtime);
  return new Response(await text(), { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
};
