import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AstroIntegration } from 'astro';

type Development = typeof import('#server/development.ts');
type Setup = NonNullable<AstroIntegration['hooks']['astro:server:setup']>;

/** Labs under `astro dev`: what the site's own server does besides pages, in the same module graph as the pages. */
export function labsInDevelopment(): AstroIntegration {
  return {
    name: 'slipway-labs-in-development',
    hooks: {
      'astro:server:setup': ({ server, logger }) => {
        server.middlewares.use((request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
          if (isForPreview(request)) {
            load(server)
              .then(({ answerPreview }) => answerPreview(request, { response }))
              .then((isAnswered) => (isAnswered ? undefined : next()), next);
            return;
          }
          const isPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
          if (!isPage) next();
          else
            load(server)
              .then(({ welcomeVisitor }) => welcomeVisitor(request, response))
              .then(() => next(), next);
        });
        server.httpServer?.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
          const isPreview = isForPreview(request);
          if (!isPreview && !request.url?.startsWith('/ws/')) return; // Vite has a socket of its own.
          socket.on('error', () => socket.destroy());
          load(server)
            .then(async ({ answerPreview, upgradeTerminal }) => {
              if (isPreview) await answerPreview(request, { socket, head });
              else await upgradeTerminal(request, socket, head);
            })
            .catch((error: unknown) => {
              logger.error(`a socket could not be opened: ${error instanceof Error ? error.message : String(error)}`);
              socket.destroy();
            });
        });
      },
    },
  };
}

const isForPreview = ({ headers }: IncomingMessage) => /\.lab\.localhost(:\d+)?$/.test(headers.host ?? '');

const load = (server: Parameters<Setup>[0]['server']) => server.ssrLoadModule('/src/server/development.ts') as Promise<Development>;
