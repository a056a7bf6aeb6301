import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const demoSecretsSchema = z.object({
  appId: z.string(),
  appSlug: z.string(),
  clientId: z.string(),
  /** PEM, PKCS #8. */
  appPrivateKey: z.string(),
  clientSecret: z.string(),
  webhookSecret: z.string(),
  foundrySecret: z.string().min(32),
});
export type DemoSecrets = z.infer<typeof demoSecretsSchema>;

const random = (): string => randomBytes(32).toString('base64url');

/**
 * The secrets that the demo's two sides share, made at the first start and kept (mode 0600) in the data folder:
 * the double plays GitHub with them, the backend plays a GitHub App. Nothing outside the machine knows them.
 */
export function loadDemoSecrets(dataDir: string): DemoSecrets & { readonly appPrivateKeyFile: string } {
  const path = join(dataDir, 'demo-secrets.json');
  const appPrivateKeyFile = join(dataDir, 'demo-app-private-key.pem');
  let secrets: DemoSecrets;
  try {
    secrets = demoSecretsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Missing, or not what this version writes: the demo starts with new ones.
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    secrets = {
      appId: '1',
      appSlug: 'foundry-demo',
      clientId: `Iv1.${randomBytes(8).toString('hex')}`,
      appPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      clientSecret: random(),
      webhookSecret: random(),
      foundrySecret: random(),
    };
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  }
  writeFileSync(appPrivateKeyFile, secrets.appPrivateKey, { mode: 0o600 });
  return { ...secrets, appPrivateKeyFile };
}
