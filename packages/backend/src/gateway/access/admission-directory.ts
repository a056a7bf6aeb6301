import { appAddress } from '../../actors/addresses.ts';
import { firstAccountSchema } from '../../actors/app/commands.ts';
import { admits, type GitHubAccount } from '../../auth/admission.ts';
import type { ActorConnections } from '../../command-loop/connections.ts';
import { systemEnvelope } from '../../command-loop/envelopes.ts';
import type { AdmissionRule } from '../../config.ts';
import { gatewayLimits } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import { unavailable } from '../errors.ts';
import { whileOutcomeUnknown } from '../retry.ts';

/** Which accounts this server is for, for what comes from GitHub. Who came first is asked of App once. */
export class AdmissionDirectory {
  readonly #rule: AdmissionRule;
  readonly #connections: ActorConnections;
  readonly #log: Logger;
  #firstAccountId: string | null = null;

  constructor(options: { rule: AdmissionRule; connections: ActorConnections; log: Logger }) {
    this.#rule = options.rule;
    this.#connections = options.connections;
    this.#log = options.log;
  }

  /**
   * Whether an account's delivery is taken. With `claim` the account has the App: it becomes the first when there is
   * none. @throws UnknownOutcomeError, HttpError 503 when it cannot be told.
   */
  async takes(
    account: GitHubAccount,
    claim: { readonly deliveryId: string; readonly installationId: string } | null,
  ): Promise<boolean> {
    if (this.#rule.kind === 'firstInstalled' && this.#firstAccountId === null) {
      this.#firstAccountId = await this.#readFirst();
      if (this.#firstAccountId === null && claim !== null) {
        this.#firstAccountId = await this.#claim(account, claim);
      }
    }
    return admits(this.#rule, this.#firstAccountId, account);
  }

  async #readFirst(): Promise<string | null> {
    const answer = await whileOutcomeUnknown(
      (timeoutMs) => this.#connections.call(appAddress(), 'firstAccount', [], { timeoutMs }),
      gatewayLimits.webhookBudgetMs,
    );
    return firstAccountSchema.nullable().parse(answer)?.id ?? null;
  }

  async #claim(
    { id, login }: GitHubAccount,
    { deliveryId, installationId }: { deliveryId: string; installationId: string },
  ): Promise<string> {
    const body = { candidates: [{ id, login, installationId }], userId: null };
    const outcome = await whileOutcomeUnknown(
      () =>
        this.#connections.sendAndWait(
          appAddress(),
          'app.command.claimServer',
          body,
          systemEnvelope(`claim.${deliveryId}`, `delivery:${deliveryId}`),
          gatewayLimits.createAttemptMs,
        ),
      gatewayLimits.webhookBudgetMs,
    );
    if (outcome.status !== 'done') {
      throw unavailable('Whether this account is served here could not be told in time.');
    }
    const first = firstAccountSchema.parse(outcome.result);
    this.#log.warn(
      { login: first.login, accountId: first.id },
      'this server now serves this account, the first with the GitHub App; FOUNDRY_ALLOWED_ACCOUNTS admits others',
    );
    return first.id;
  }
}
