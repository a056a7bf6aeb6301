import { Cookie, CookieJar } from 'tough-cookie';
import { z } from 'zod';
import { check, StageFailed } from './expect.ts';

const signInSchema = z.object({ url: z.url() });
const hiddenField = /<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g;

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** Somebody with a browser: cookies, redirects, and nothing that a page in a browser could not do. */
export class Person {
  readonly login: string;
  readonly baseUrl: string;
  #jar = new CookieJar();

  constructor(baseUrl: string, login: string) {
    this.baseUrl = baseUrl;
    this.login = login;
  }

  async #fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = await this.#jar.getCookieString(url);
    const headers = new Headers(init.headers);
    if (cookie !== '') {
      headers.set('cookie', cookie);
    }
    const response = await fetch(url, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
    for (const line of response.headers.getSetCookie()) {
      const parsed = Cookie.parse(line);
      if (parsed !== undefined) {
        await this.#jar.setCookie(parsed, url);
      }
    }
    return response;
  }

  /** Signs in through the OAuth pages, as a browser without scripts would after the first request. */
  async signIn(): Promise<void> {
    const origin = this.baseUrl;
    const started = await this.#fetch(`${origin}/api/auth/sign-in/social`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ provider: 'github', callbackURL: `${origin}/` }),
    });
    const startedText = await started.text();
    check('sign-in starts', started.status === 200, { status: started.status, body: startedText });
    const { url } = signInSchema.parse(JSON.parse(startedText));
    const page = await this.#fetch(url);
    const html = await page.text();
    check('the page to pick a person opens', page.status === 200, {
      status: page.status,
      html: html.slice(0, 500),
    });
    // Both forms of the page have the same hidden fields.
    const form = new URLSearchParams();
    for (const [, name, value] of html.matchAll(hiddenField)) {
      form.set(name ?? '', unescaped(value ?? ''));
    }
    form.set('login', this.login);
    let response = await this.#fetch(new URL('/login/oauth/authorize', url).href, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    for (let hops = 0; hops < 5 && response.status >= 300 && response.status < 400; hops += 1) {
      const location = new URL(response.headers.get('location') ?? '', response.url);
      check('sign-in ends where it began', !location.searchParams.has('error'), location.href);
      if (location.origin === origin && !location.pathname.startsWith('/api/')) {
        return;
      }
      response = await this.#fetch(location.href);
    }
    throw new StageFailed(
      `sign-in does not come back to Foundry\nseen: ${response.status} ${await response.text()}`,
    );
  }

  async signOut(): Promise<void> {
    const response = await this.#fetch(`${this.baseUrl}/api/auth/sign-out`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.baseUrl },
      body: '{}',
    });
    check('sign-out answers', response.status === 200, {
      status: response.status,
      body: await response.text(),
    });
  }

  /** The cookies as they are now, to be replayed later byte for byte. */
  async cookieHeader(): Promise<string> {
    return await this.#jar.getCookieString(this.baseUrl);
  }

  /** A request whatever its answer is. */
  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await this.#fetch(`${this.baseUrl}${path}`, {
      method,
      headers: {
        origin: this.baseUrl,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** A request that has to work; its answer is parsed. */
  async ask<T>(method: string, path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    const answer = await this.request(method, path, body);
    check(`${this.login}: ${method} ${path} works`, answer.status >= 200 && answer.status < 300, answer);
    return schema.parse(answer.body);
  }

  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return await this.ask('GET', path, schema);
  }
}
