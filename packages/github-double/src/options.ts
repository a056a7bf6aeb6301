import { z } from 'zod';

/** What a double is started with. */
export const doubleOptions = z.object({
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: z.int().min(0).max(65_535).default(0),
  dataDir: z.string().min(1),
  seed: z.enum(['small', 'large', 'none']).default('small'),
  /** Deletes what the folder holds before seeding. */
  fresh: z.boolean().default(false),
  app: z.object({
    id: z.int().positive().default(101),
    slug: z.string().default('foundry-demo'),
    clientId: z.string().default('Iv1.foundrydemo'),
    clientSecret: z.string().default('demo-client-secret'),
    /** PEM of the app's RSA key, private or public: only the public half is kept. */
    keyPem: z.string(),
    webhookUrl: z.url().optional(),
    webhookSecret: z.string().min(1).default('demo-webhook-secret'),
  }),
  /** How long a pull request's reply waits for its merge to be tried before it says `mergeable: null`. */
  mergeWaitMs: z.int().min(0).max(60_000).default(500),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type GitHubDoubleOptions = z.input<typeof doubleOptions>;
