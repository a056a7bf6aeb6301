import type { Config } from '../../../config.ts';
import { createSecretBox, type SecretBox } from '../../../auth/crypto.ts';
import { createGitHubTokens, type GitHubToken, type GitHubTokenWish } from '../../../auth/github-tokens.ts';
import { createOwnUserStore } from '../../../auth/own-user-store.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { GitHubError } from '../../../github/github-errors.ts';
import { services } from '../../services.ts';

/** Deriving the keys is slow on purpose: once per configuration. */
const boxes = new WeakMap<Config, SecretBox>();

function boxOf(config: Config): SecretBox {
  const box = boxes.get(config) ?? createSecretBox(config.secret);
  boxes.set(config, box);
  return box;
}

/** This person's own token, inside their own actor, where a command to oneself cannot be awaited. */
export async function ownGitHubToken(
  userId: string,
  db: ActorDatabase,
  wish: GitHubTokenWish = {},
): Promise<GitHubToken> {
  const { config } = services();
  const { app, webUrl } = config.github;
  if (app === undefined) {
    throw new GitHubError(
      'github_app_missing',
      'No GitHub App is configured on this server. Set one up first.',
    );
  }
  const tokens = createGitHubTokens({
    store: createOwnUserStore(userId, db),
    box: boxOf(config),
    github: { webUrl, clientId: app.clientId, clientSecret: app.clientSecret },
  });
  return await tokens.githubTokenFor(userId, wish);
}
