import { startGitHubStack, type GitHubStack } from '../../actors/testing/github-stack.ts';
import { startGateway, type Gateway } from '../server.ts';

/** Every actor, the GitHub double, and a real gateway that takes the double's deliveries. */
export interface GitHubGateway {
  readonly stack: GitHubStack;
  readonly gateway: Gateway;
  readonly url: string;
  /** Asks the API with the cookies of a session. */
  readonly request: (
    cookies: Headers | null,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ status: number; body: unknown }>;
  readonly stop: () => Promise<void>;
}

export async function startGitHubGateway(
  options: Parameters<typeof startGitHubStack>[0],
): Promise<GitHubGateway> {
  const stack = await startGitHubStack(options);
  const gateway = await startGateway({
    config: { ...stack.config, port: 0 },
    connections: stack.connections,
    auth: stack.auth,
    log: stack.log,
    isEngineReady: async () => true,
  });
  const url = `http://127.0.0.1:${gateway.port}`;
  stack.double.setWebhookUrl(`${url}/webhooks/github`);
  return {
    stack,
    gateway,
    url,
    request: async (cookies, method, path, body) => {
      const headers = new Headers(cookies ?? {});
      if (body !== undefined) headers.set('content-type', 'application/json');
      const response = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
    },
    stop: async () => {
      await gateway.stop();
      await stack.stop();
    },
  };
}
