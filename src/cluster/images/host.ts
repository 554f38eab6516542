import { readFile } from 'node:fs/promises';
import type { Environment } from './types.ts';

/** What a build takes from the host so that it can reach package registries as the host does. */
export interface HostSettings {
  /** Build arguments that Docker knows without declaration and keeps out of an image's history. */
  proxies: Readonly<Record<string, string>>;
  /** Settings of Go's, for Dockerfiles that declare them as arguments. */
  go: Readonly<Record<string, string>>;
  /** PEM bundle of the certificate authorities the host trusts; empty when it says nothing. */
  authorities: string;
}

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];
const goNames = ['GOPROXY', 'GONOSUMDB', 'GOPRIVATE', 'GOSUMDB', 'GOFLAGS'];
const systemBundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/** Reads proxy, certificate and Go settings from the environment. A bundle that is named but cannot be read is an error. */
export async function hostSettings(env: Environment): Promise<HostSettings> {
  const proxies = Object.fromEntries(
    proxyNames.flatMap((name) => {
      const value = env[name] ?? env[name.toLowerCase()];
      return value ? [name, name.toLowerCase()].map((spelling) => [spelling, value]) : [];
    }),
  );
  const go = Object.fromEntries(goNames.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  return { proxies, go, authorities: await authorities(env) };
}

async function authorities(env: Environment): Promise<string> {
  const bundle = env['SSL_CERT_FILE'] ? await readFile(env['SSL_CERT_FILE'], 'utf8') : await firstReadable(systemBundles);
  const extra = env['NODE_EXTRA_CA_CERTS'];
  if (!extra || extra === env['SSL_CERT_FILE']) return bundle;
  const added = await readFile(extra, 'utf8');
  return added === bundle ? bundle : `${bundle}\n${added}`;
}

async function firstReadable(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    // Where a system keeps its bundle differs; having none is an answer too.
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text) return text;
  }
  return '';
}
