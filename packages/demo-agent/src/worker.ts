import path from 'node:path';
import type { ToolKind } from '@agentclientprotocol/sdk';
import { runCommand } from './command.ts';
import type { CommandResult } from './command.ts';
import {
  FileProblem,
  countLines,
  deleteFile,
  fixTypos,
  listFiles,
  readText,
  renameFile,
  resolveInside,
  writeText,
} from './files.ts';
import type { FileEdit } from './files.ts';
import type { Instruction } from './instructions.ts';
import type { DemoModelId } from './models.ts';
import { displayCommand, findTestCommand } from './project.ts';
import { textContent } from './turn.ts';
import type { Turn } from './turn.ts';

const maxShownLength = 4_000;
const slowChunkIntervalMs = 100;
const bigChunkBytes = 4_096;

/** Carries out the instructions of one turn in the checkout. */
export class Worker {
  readonly #turn: Turn;
  readonly #modelId: DemoModelId;
  /** Commands that the person allowed for the rest of the session; shared with the session. */
  readonly #allowedCommands: Set<string>;
  readonly #edited: { path: string; summary: string }[] = [];
  #lastTestsFailed = false;

  constructor(turn: Turn, modelId: DemoModelId, allowedCommands: Set<string>) {
    this.#turn = turn;
    this.#modelId = modelId;
    this.#allowedCommands = allowedCommands;
  }

  /** Whether this turn changed files that it has not committed yet. */
  get hasUncommittedEdits(): boolean {
    return this.#edited.length > 0;
  }

  async carryOut(instruction: Instruction): Promise<void> {
    switch (instruction.kind) {
      case 'create':
        return this.#create(instruction.path, instruction.content);
      case 'append':
        return this.#edit(instruction.path, `Append to ${instruction.path}`, (text) => {
          const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
          return `${before}${withNewline(instruction.text)}`;
        });
      case 'replace':
        return this.#replace(instruction);
      case 'fixTypos':
        return this.#edit(instruction.path, `Fix typos in ${instruction.path}`, fixTypos);
      case 'delete':
        return this.#delete(instruction.path);
      case 'rename':
        return this.#rename(instruction.from, instruction.to);
      case 'read':
        return this.#read(instruction.path);
      case 'list':
        return this.#list(instruction.path);
      case 'search':
        return this.#search(instruction.text);
      case 'test':
        await this.runTests();
        return undefined;
      case 'run':
        await this.#run(instruction.command);
        return undefined;
      case 'ask':
        return this.#ask(instruction.command);
      case 'commit':
        return this.commit(instruction.message);
      case 'slow':
        return this.#slow(instruction.steps);
      case 'bigOutput':
        return this.#bigOutput(instruction.sizeBytes);
      case 'crash':
        await this.#turn.say('Crashing now, as asked.\n');
        // A real crash for whoever watches the process: no answer, no clean-up.
        return process.exit(70);
      case 'help':
        return this.#turn.say(helpText);
    }
  }

  /**
   * Commits. With a message (or when nothing was edited in this turn) everything in the checkout
   * goes in, else only what this turn edited. The careful model runs the tests first and does not
   * commit when they fail. The author is whoever git is configured for.
   */
  async commit(message?: string): Promise<void> {
    if (this.#modelId === 'demo-careful' && this.#edited.length > 0) {
      await this.runTests({ quietWithoutTests: true });
    }
    if (this.#lastTestsFailed) {
      await this.#turn.say('I do not commit while the tests fail; the changes stay in the checkout.\n');
      return;
    }
    const onlyEdited = message === undefined && this.#edited.length > 0;
    const paths = [...new Set(this.#edited.map((edit) => edit.path))];
    const subject =
      message ??
      (onlyEdited ? this.#edited.flatMap((edit) => edit.summary || []).join(', ') : 'Update files');
    const added = await this.#git(onlyEdited ? ['add', '--all', '--', ...paths] : ['add', '--all']);
    if (added.exitCode !== 0) return this.#sayFailure('git add', added);
    const staged = await this.#git(['diff', '--cached', '--quiet']);
    if (staged.exitCode === 0) {
      await this.#turn.say('There is nothing to commit.\n');
      return;
    }
    const call = await this.#turn.startToolCall({
      title: `Commit: ${subject}`,
      kind: 'execute',
      rawInput: { command: ['git', 'commit', '-m', subject] },
    });
    const pathspec = onlyEdited ? ['--', ...paths] : [];
    const result = await this.#git(['commit', '--quiet', '-m', subject, ...pathspec]);
    if (result.exitCode !== 0) {
      await call.report('failed', textContent(result.output));
      return this.#sayFailure('git commit', result);
    }
    const shown = await this.#git(['show', '--stat', '--format=%h %an: %s', 'HEAD']);
    await call.report('completed', textContent(shown.output));
    this.#edited.length = 0;
    await this.#turn.say(`Committed: ${shown.output.split('\n')[0] ?? subject}\n`);
    return undefined;
  }

  /** Runs the project's tests; returns whether they passed (true when there are none). */
  async runTests(options: { quietWithoutTests?: boolean } = {}): Promise<boolean> {
    const command = await findTestCommand(this.#turn.cwd);
    if (!command) {
      if (!options.quietWithoutTests) {
        await this.#turn.say(
          'I found no tests: no "test" script in package.json, no test files of node, no Python tests, no "test" in a Makefile.\n',
        );
      }
      return true;
    }
    const result = await this.#run(command, 'Run the tests');
    this.#lastTestsFailed = result === undefined || result.exitCode !== 0;
    return !this.#lastTestsFailed;
  }

  async #create(file: string, content: string | undefined): Promise<void> {
    const name = path.basename(file).replace(/\.[^.]*$/, '');
    const text = content ?? `# ${name}\n\nThis file was made by the demo agent.\n`;
    await this.#edit(file, `Create ${file}`, () => withNewline(text), { mayBeNew: true });
  }

  async #replace(request: { path: string; search: string; replacement: string }): Promise<void> {
    const title = `Replace ${short(request.search)} in ${request.path}`;
    await this.#edit(request.path, title, (text) => {
      if (!text.includes(request.search)) {
        throw new FileProblem(`${request.path} does not contain ${short(request.search)}.`);
      }
      return text.replaceAll(request.search, () => request.replacement);
    });
  }

  async #edit(
    file: string,
    title: string,
    change: (text: string) => string,
    options: { mayBeNew?: boolean } = {},
  ): Promise<void> {
    await this.#withFile(file, title, 'edit', async (absolute) => {
      const oldText = await readText(absolute);
      if (oldText === null && !options.mayBeNew) {
        throw new FileProblem(`There is no file ${file}. Say "create ${file} with …" to make it.`);
      }
      const newText = change(oldText ?? '');
      if (newText === oldText) throw new FileProblem(`Nothing to change in ${file}.`);
      const edit = await writeText(absolute, newText);
      const exists = oldText !== null && title.startsWith('Create');
      this.#edited.push({ path: absolute, summary: exists ? `Rewrite ${file}` : title });
      return edit;
    });
  }

  async #delete(file: string): Promise<void> {
    await this.#withFile(file, `Delete ${file}`, 'delete', async (absolute) => {
      const edit = await deleteFile(absolute);
      this.#edited.push({ path: absolute, summary: `Delete ${file}` });
      return edit;
    });
  }

  async #rename(from: string, to: string): Promise<void> {
    const title = `Rename ${from} to ${to}`;
    await this.#withFile(from, title, 'move', async (absolute) => {
      const target = await resolveInside(this.#turn.cwd, to);
      await renameFile(absolute, target);
      this.#edited.push({ path: absolute, summary: title }, { path: target, summary: '' });
      return undefined;
    });
  }

  /** One tool call around a change of a file: announce, do, report the diff, say what happened. */
  async #withFile(
    file: string,
    title: string,
    kind: ToolKind,
    work: (absolute: string) => Promise<FileEdit | undefined>,
  ): Promise<void> {
    const shownPath = path.resolve(this.#turn.cwd, file);
    const call = await this.#turn.startToolCall({ title, kind, locations: [{ path: shownPath }] });
    try {
      await call.report('in_progress');
      const edit = await work(await resolveInside(this.#turn.cwd, file));
      await call.report('completed', edit ? [{ type: 'diff', ...edit }] : []);
      const lines = edit ? countLines(edit) : undefined;
      const size = lines ? ` (${lines.added} added, ${lines.removed} removed)` : '';
      await this.#turn.say(`${title}: done${size}.\n`);
    } catch (error) {
      await this.#reportProblem(call, error);
    }
  }

  async #read(file: string): Promise<void> {
    const absolute = path.resolve(this.#turn.cwd, file);
    const call = await this.#turn.startToolCall({
      title: `Read ${file}`,
      kind: 'read',
      locations: [{ path: absolute, line: 1 }],
    });
    try {
      const text = await readText(await resolveInside(this.#turn.cwd, file));
      if (text === null) throw new FileProblem(`There is no file ${file}.`);
      await call.report('completed', textContent(cut(text)));
      await this.#turn.say(`\`${file}\` has ${text.split('\n').length} lines:\n\n${fence(cut(text))}\n`);
    } catch (error) {
      await this.#reportProblem(call, error);
    }
  }

  async #list(folder: string): Promise<void> {
    const call = await this.#turn.startToolCall({ title: `List ${folder}`, kind: 'search' });
    try {
      const { files, truncated } = await listFiles(await resolveInside(this.#turn.cwd, folder));
      await call.report('completed', textContent(files.join('\n')));
      const lines = files.map((file) => `- \`${file}\``).join('\n');
      await this.#turn.say(`${truncated ? 'The first ' : ''}${files.length} files:\n\n${lines}\n`);
    } catch (error) {
      await this.#reportProblem(call, error);
    }
  }

  async #search(text: string): Promise<void> {
    const call = await this.#turn.startToolCall({ title: `Search ${short(text)}`, kind: 'search' });
    const result = await this.#git(['grep', '--untracked', '-n', '-I', '-F', '-e', text]);
    const failed = result.exitCode !== 0 && result.exitCode !== 1;
    await call.report(failed ? 'failed' : 'completed', textContent(cut(result.output)));
    if (failed) return this.#sayFailure('git grep', result);
    await this.#turn.say(
      result.output === '' ? `No file contains ${short(text)}.\n` : `${fence(cut(result.output))}\n`,
    );
    return undefined;
  }

  async #ask(command: string[] | undefined): Promise<void> {
    const wanted =
      command?.[0] === 'test' && command.length === 1 ? await findTestCommand(this.#turn.cwd) : command;
    const actual = wanted ?? ['git', 'status', '--short'];
    const shown = displayCommand(actual);
    if (this.#allowedCommands.has(shown)) {
      await this.#run(actual);
      return;
    }
    const call = await this.#turn.startToolCall({
      title: `Run ${shown}`,
      kind: 'execute',
      rawInput: { command: actual },
    });
    const answer = await this.#turn.askPermission(call);
    if (answer === 'rejected') {
      await call.report('failed', textContent('Not allowed.'));
      await this.#turn.say(`I did not run \`${shown}\`: you said no.\n`);
      return;
    }
    if (answer === 'always') this.#allowedCommands.add(shown);
    await this.#runIn(call, actual);
  }

  async #run(command: string[], title?: string): Promise<CommandResult | undefined> {
    const shown = displayCommand(command);
    const call = await this.#turn.startToolCall({
      title: title === undefined ? `Run ${shown}` : `${title}: ${shown}`,
      kind: 'execute',
      rawInput: { command },
    });
    return this.#runIn(call, command);
  }

  async #runIn(
    call: Awaited<ReturnType<Turn['startToolCall']>>,
    command: string[],
  ): Promise<CommandResult | undefined> {
    await call.report('in_progress');
    const shown = displayCommand(command);
    let result: CommandResult;
    try {
      result = await runCommand(command, { cwd: this.#turn.cwd, signal: this.#turn.signal });
    } catch (error) {
      await this.#reportProblem(call, error);
      return undefined;
    }
    const passed = result.exitCode === 0;
    await call.report(passed ? 'completed' : 'failed', textContent(tail(result.output)));
    this.#turn.throwIfCancelled();
    const ending = passed ? 'succeeded' : `failed with exit code ${String(result.exitCode)}`;
    await this.#turn.say(`\`${shown}\` ${ending}.\n${passed ? '' : `\n${fence(tail(result.output))}\n`}`);
    return result;
  }

  async #slow(steps: number): Promise<void> {
    for (let step = 1; step <= steps; step += 1) {
      this.#turn.throwIfCancelled();
      await this.#turn.sayAtOnce(`${step}${step === steps ? '.\n' : ' '}`);
      if (step < steps) await this.#turn.wait(slowChunkIntervalMs);
    }
  }

  async #bigOutput(sizeBytes: number): Promise<void> {
    let sent = 0;
    for (let line = 1; sent < sizeBytes; line += 1) {
      const prefix = `Line ${line} of a big output. `;
      const length = Math.min(bigChunkBytes, sizeBytes - sent);
      const chunk = `${prefix.padEnd(Math.max(length - 1, 0), 'abcdefghijklmnop ').slice(0, length - 1)}\n`;
      await this.#turn.sayAtOnce(chunk);
      sent += chunk.length;
      await this.#turn.wait(4);
    }
  }

  async #git(args: string[]): Promise<CommandResult> {
    const result = await runCommand(['git', ...args], {
      cwd: this.#turn.cwd,
      signal: this.#turn.signal,
    });
    this.#turn.throwIfCancelled();
    return result;
  }

  async #sayFailure(what: string, result: CommandResult): Promise<void> {
    await this.#turn.say(`${what} failed:\n\n${fence(tail(result.output))}\n`);
  }

  async #reportProblem(call: Awaited<ReturnType<Turn['startToolCall']>>, error: unknown): Promise<void> {
    this.#turn.throwIfCancelled();
    if (!(error instanceof Error)) throw error;
    await call.report('failed', textContent(error.message));
    await this.#turn.say(`${call.title}: that did not work. ${error.message}\n`);
  }
}

export const helpText = `Here is what I understand (quote texts with several words):

- \`create FILE with TEXT\`, \`append TEXT to FILE\`, \`in FILE replace A with B\`
- \`fix typos in FILE\`, \`delete FILE\`, \`rename FILE to FILE\`
- \`read FILE\`, \`list files\`, \`search for TEXT\`
- \`run the tests\`, \`run COMMAND\`, \`ask before running COMMAND\`
- \`commit\` or \`commit with message TEXT\` (edits are committed by themselves; add \`without committing\` to keep them open)
- \`slow SECONDS\`, \`count to N\`, \`big output KIB\`, \`crash\`: to try Foundry itself

Join several with "then", ";" or new lines.
`;

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function short(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function cut(text: string): string {
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}\n… (cut)` : text;
}

function tail(text: string): string {
  return text.length > maxShownLength ? `(cut) …\n${text.slice(-maxShownLength)}` : text;
}

function fence(text: string): string {
  return `\`\`\`\`\n${withNewline(text)}\`\`\`\``;
}
