import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { startGitHubDouble } from './server.ts';

const flags = z.object({
  port: z.coerce.number().int().min(0).max(65_535),
  data: z.string(),
  seed: z.enum(['small', 'large', 'none']),
  fresh: z.boolean(),
  webhookUrl: z.url().optional(),
  webhookSecret: z.string(),
  appId: z.coerce.number().int().positive(),
  appSlug: z.string(),
  appPrivateKeyFile: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
});

const command = new Command('github-double')
  .description('A stand-in for GitHub on real git repositories, for demos and tests.')
  .option('--port <number>', 'port on 127.0.0.1, 0 for a free one', '7742')
  .requiredOption('--data <folder>', 'where the store and the bare repositories are kept')
  .addOption(
    new Option('--seed <name>', 'what an empty folder begins with')
      .choices(['small', 'large', 'none'])
      .default('small'),
  )
  .option('--fresh', 'begin anew: deletes what the folder holds', false)
  .option('--webhook-url <url>', "where the app's webhooks go (can be set later through the control API)")
  // Secrets may come by the environment: arguments are readable by every user of the machine.
  .addOption(
    new Option('--webhook-secret <secret>', 'secret the webhooks are signed with')
      .env('GITHUB_DOUBLE_WEBHOOK_SECRET')
      .default('demo-webhook-secret'),
  )
  .option('--app-id <number>', "the app's id", '101')
  .option('--app-slug <slug>', "the app's slug", 'foundry-demo')
  .requiredOption(
    '--app-private-key-file <file>',
    "PEM file with the app's key; only its public half is used",
  )
  .option('--client-id <id>', 'OAuth client id', 'Iv1.foundrydemo')
  .addOption(
    new Option('--client-secret <secret>', 'OAuth client secret')
      .env('GITHUB_DOUBLE_CLIENT_SECRET')
      .default('demo-client-secret'),
  )
  .option(
    '--log-level <level>',
    'fatal, error, warn, info, debug, trace or silent; logs go to stderr',
    'info',
  );

async function main(): Promise<void> {
  const options = flags.parse(command.parse().opts());
  const double = await startGitHubDouble({
    port: options.port,
    dataDir: options.data,
    seed: options.seed,
    fresh: options.fresh,
    app: {
      id: options.appId,
      slug: options.appSlug,
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      keyPem: readFileSync(options.appPrivateKeyFile, 'utf8'),
      webhookUrl: options.webhookUrl,
      webhookSecret: options.webhookSecret,
    },
    logLevel: options.logLevel,
  });
  process.stdout.write(`github-double is ready at ${double.url}\n`);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    double.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`github-double could not stop: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

try {
  await main();
} catch (error) {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const text = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
  process.stderr.write(
    taken ? `github-double: the port is taken. ${text}\n` : `github-double cannot start: ${text}\n`,
  );
  process.exitCode = 1;
}
