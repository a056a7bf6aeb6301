import { createHmac } from 'node:crypto';
import type { Logger } from 'pino';
import type { FaultList } from '../control/faults.ts';
import type { Store } from '../store/open.ts';
import type { App } from '../store/apps.ts';
import type { Delivery } from '../store/deliveries.ts';

const deliveryTimeoutMs = 10_000;
const keptResponseCharacters = 4_000;

/**
 * Sends webhooks one after another, oldest first, each once: like GitHub, it does not try again by itself.
 * What is to be sent is in the store, so a double that stops before sending goes on after its next start.
 */
export class WebhookSender {
  private readonly store: Store;
  private readonly faults: FaultList;
  private readonly log: Logger;
  private readonly abort = new AbortController();
  private loop: Promise<void> | undefined;
  private kickedAgain = false;
  private paused = false;

  constructor(store: Store, faults: FaultList, log: Logger) {
    this.store = store;
    this.faults = faults;
    this.log = log;
  }

  /** Tells the sender that there is something to send. Returns at once. */
  kick(): void {
    if (this.paused || this.abort.signal.aborted) return;
    if (this.loop !== undefined) {
      this.kickedAgain = true;
      return;
    }
    this.kickedAgain = false;
    this.loop = this.drain()
      .catch((error: unknown) => {
        this.log.error({ err: error }, 'webhook sender stopped');
      })
      .finally(() => {
        this.loop = undefined;
        if (this.kickedAgain) this.kick();
      });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.kick();
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** Resolves when everything that can be sent now was sent. */
  async idle(): Promise<void> {
    this.kick();
    while (this.loop !== undefined) await this.loop;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.loop;
  }

  private async drain(): Promise<void> {
    let next = this.store.deliveries.nextPending();
    while (next !== undefined && !this.paused && !this.abort.signal.aborted) {
      await this.deliver(next);
      next = this.store.deliveries.nextPending();
    }
  }

  private async deliver(delivery: Delivery): Promise<void> {
    const app = this.store.apps.byId(delivery.appId);
    const startedMs = Date.now();
    const headers = app === undefined ? {} : webhookHeaders(app, delivery);
    const outcome = await this.post(app, delivery, headers);
    // Stopped in mid-flight: it stays pending and is sent after the next start.
    if (outcome === undefined) return;
    this.store.deliveries.update(delivery.id, {
      state: 'delivered',
      url: app?.webhookUrl ?? null,
      status: outcome.status,
      statusCode: outcome.statusCode,
      durationMs: Date.now() - startedMs,
      requestHeaders: headers,
      responseHeaders: outcome.headers,
      responseBody: outcome.body,
      deliveredAt: new Date().toISOString(),
    });
    this.log.debug(
      { event: delivery.event, action: delivery.action, guid: delivery.guid, statusCode: outcome.statusCode },
      'webhook attempted',
    );
  }

  private async post(
    app: App | undefined,
    delivery: Delivery,
    headers: Record<string, string>,
  ): Promise<
    { status: string; statusCode: number; headers: Record<string, string>; body: string } | undefined
  > {
    if (app === undefined || app.webhookUrl === null) {
      return {
        status: 'Invalid HTTP Response: 502',
        statusCode: 502,
        headers: {},
        body: 'no webhook address',
      };
    }
    if (this.faults.takeWebhookFault(delivery.event, delivery.action)) {
      return { status: 'failed to connect to host', statusCode: 502, headers: {}, body: '' };
    }
    try {
      const response = await fetch(app.webhookUrl, {
        method: 'POST',
        headers,
        body: delivery.payload,
        redirect: 'manual',
        signal: AbortSignal.any([this.abort.signal, AbortSignal.timeout(deliveryTimeoutMs)]),
      });
      const body = (await response.text()).slice(0, keptResponseCharacters);
      return {
        status: response.ok ? 'OK' : `Invalid HTTP Response: ${response.status}`,
        statusCode: response.status,
        headers: Object.fromEntries(response.headers),
        body,
      };
    } catch (error) {
      if (this.abort.signal.aborted) return undefined;
      const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
      return {
        status: timedOut ? 'timed out' : 'failed to connect to host',
        statusCode: timedOut ? 504 : 502,
        headers: {},
        body: '',
      };
    }
  }
}

/** The headers GitHub signs and names a delivery with. */
export function webhookHeaders(app: App, delivery: Delivery): Record<string, string> {
  const sign = (algorithm: string) =>
    createHmac(algorithm, app.webhookSecret).update(delivery.payload).digest('hex');
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': `GitHub-Hookshot/${app.id.toString(16).padStart(7, '0')}`,
    'x-github-delivery': delivery.guid,
    'x-github-event': delivery.event,
    'x-github-hook-id': String(app.id),
    'x-github-hook-installation-target-id': String(app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': `sha1=${sign('sha1')}`,
    'x-hub-signature-256': `sha256=${sign('sha256')}`,
  };
}
