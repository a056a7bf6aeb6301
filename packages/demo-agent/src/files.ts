import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { diffLines } from 'diff';

/** A file operation that cannot be done; the message is for the person. */
export class FileProblem extends Error {
  override name = 'FileProblem';
}

export interface FileEdit {
  path: string;
  oldText: string | null;
  newText: string;
}

const maxReadBytes = 512 * 1024;
const maxListedFiles = 200;
const skippedFolders = new Set(['.git', 'node_modules', 'dist', '.venv', 'target']);

/** The absolute path of `file` inside `root`. Refuses anything that leads out, also by a link. */
export async function resolveInside(root: string, file: string): Promise<string> {
  const base = await realpath(root);
  const absolute = path.resolve(base, file);
  let existing = absolute;
  while (!(await exists(existing))) existing = path.dirname(existing);
  const real = path.join(await realpath(existing), path.relative(existing, absolute));
  if (real !== base && !real.startsWith(`${base}${path.sep}`)) {
    throw new FileProblem(`${file} is outside the checkout; I only work inside it.`);
  }
  if (path.relative(base, real).split(path.sep)[0] === '.git') {
    throw new FileProblem('I do not touch the files of .git.');
  }
  return absolute;
}

/** The text of a file, or null when there is no such file. */
export async function readText(absolute: string): Promise<string | null> {
  if (!(await exists(absolute))) return null;
  const details = await stat(absolute);
  const name = path.basename(absolute);
  if (details.isDirectory()) throw new FileProblem(`${name} is a folder, not a file.`);
  if (details.size > maxReadBytes) {
    throw new FileProblem(`${name} has ${details.size} bytes; I read files up to ${maxReadBytes}.`);
  }
  const bytes = await readFile(absolute);
  if (bytes.includes(0)) throw new FileProblem(`${name} is a binary file.`);
  return bytes.toString('utf8');
}

/** Writes text, making the folders on the way, and returns what changed. */
export async function writeText(absolute: string, newText: string): Promise<FileEdit> {
  const oldText = await readText(absolute);
  await mkdir(path.dirname(absolute), { recursive: true });
  await writeFile(absolute, newText);
  return { path: absolute, oldText, newText };
}

export async function deleteFile(absolute: string): Promise<FileEdit> {
  const oldText = await readText(absolute);
  if (oldText === null) throw new FileProblem(`There is no file ${path.basename(absolute)}.`);
  await rm(absolute);
  return { path: absolute, oldText, newText: '' };
}

export async function renameFile(from: string, to: string): Promise<void> {
  if (!(await exists(from))) throw new FileProblem(`There is no file ${path.basename(from)}.`);
  if (await exists(to)) throw new FileProblem(`${path.basename(to)} already exists.`);
  await mkdir(path.dirname(to), { recursive: true });
  await rename(from, to);
}

/** Files below a folder, relative to it, without .git and installed packages; at most 200. */
export async function listFiles(folder: string): Promise<{ files: string[]; truncated: boolean }> {
  const files: string[] = [];
  const queue = [folder];
  for (let current = queue.shift(); current !== undefined; current = queue.shift()) {
    const entries = await readdir(current, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const absolute = path.join(current, entry.name);
      if (entry.isDirectory()) {
        if (!skippedFolders.has(entry.name)) queue.push(absolute);
      } else if (entry.isFile()) {
        if (files.length >= maxListedFiles) return { files, truncated: true };
        files.push(path.relative(folder, absolute));
      }
    }
  }
  return { files, truncated: false };
}

/** How many lines an edit added and removed. */
export function countLines(edit: FileEdit): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const part of diffLines(edit.oldText ?? '', edit.newText)) {
    if (part.added) added += part.count;
    if (part.removed) removed += part.count;
  }
  return { added, removed };
}

const typos: Record<string, string> = {
  teh: 'the',
  recieve: 'receive',
  recieved: 'received',
  seperate: 'separate',
  occured: 'occurred',
  occurence: 'occurrence',
  definately: 'definitely',
  untill: 'until',
  wich: 'which',
  adress: 'address',
  succesful: 'successful',
  neccessary: 'necessary',
  wierd: 'weird',
  enviroment: 'environment',
};

/** Corrects the misspellings of a short fixed list, keeping a capital first letter. */
export function fixTypos(text: string): string {
  return text.replaceAll(/\b[A-Za-z]+\b/g, (word) => {
    const correct = typos[word.toLowerCase()];
    if (correct === undefined) return word;
    const first = word.charAt(0);
    return first === first.toUpperCase() ? first + correct.slice(1) : correct;
  });
}

async function exists(absolute: string): Promise<boolean> {
  try {
    await stat(absolute);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return false;
    }
    throw error;
  }
}
