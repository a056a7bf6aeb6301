import { z } from 'zod';
import { check } from './expect.ts';

const repositorySchema = z.object({
  id: z.number(),
  owner: z.string(),
  name: z.string(),
  fullName: z.string(),
  private: z.boolean(),
  defaultBranch: z.string(),
  gitDir: z.string(),
  visibleTo: z.array(z.string()),
});
const pullSchema = z.object({
  number: z.number(),
  title: z.string(),
  state: z.enum(['open', 'closed']),
  draft: z.boolean(),
  merged: z.boolean(),
  author: z.string().nullable(),
  headRef: z.string(),
  headSha: z.string(),
  baseRef: z.string(),
});
export type DoublePull = z.infer<typeof pullSchema>;
export type DoubleRepository = z.infer<typeof repositorySchema>;
const organizationSchema = z.object({
  id: z.number(),
  login: z.string(),
  members: z.array(z.object({ id: z.number(), login: z.string(), role: z.string() })),
});

/** What is true on GitHub's side, and what people do there, through the double's control API. */
export class GitHubSide {
  readonly #url: string;

  constructor(webUrl: string) {
    this.#url = `${webUrl}/_double`;
  }

  async #request(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    check(`GitHub's side: ${method} ${path}`, response.ok, { status: response.status, body: text });
    return JSON.parse(text) as unknown;
  }

  async organization(login: string): Promise<z.infer<typeof organizationSchema>> {
    const organizations = z.array(organizationSchema).parse(await this.#request('GET', '/orgs'));
    const found = organizations.find((one) => one.login === login);
    check(`GitHub has the organization ${login}`, found !== undefined, organizations);
    return found;
  }

  async repositories(owner: string): Promise<DoubleRepository[]> {
    return z.array(repositorySchema).parse(await this.#request('GET', `/repos?owner=${owner}`));
  }

  async pulls(fullName: string, state = 'all'): Promise<DoublePull[]> {
    return z.array(pullSchema).parse(await this.#request('GET', `/repos/${fullName}/pulls?state=${state}`));
  }

  /** As git itself says. Null when there is no such branch. */
  async branchHead(fullName: string, branch: string): Promise<string | null> {
    const branches = z
      .array(z.object({ name: z.string(), sha: z.string() }))
      .parse(await this.#request('GET', `/repos/${fullName}/branches`));
    return branches.find((one) => one.name === branch)?.sha ?? null;
  }

  async commit(
    fullName: string,
    commit: { branch: string; path: string; content: string; message: string; authorLogin: string },
  ): Promise<string> {
    return z
      .object({ sha: z.string() })
      .parse(await this.#request('POST', `/repos/${fullName}/commits`, commit)).sha;
  }

  async merge(fullName: string, number: number, login: string): Promise<void> {
    await this.#request('POST', `/repos/${fullName}/pulls/${number}/merge`, { login });
  }
}
