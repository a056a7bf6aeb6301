import type { Double } from '../double.ts';
import type { Commit } from '../git/bare-repository.ts';
import type { ChangedFile } from '../git/changed-files.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { simpleUser } from './account.ts';
import { nodeId } from './ids.ts';
import { fullName } from './repository.ts';

/** A commit as lists, comparisons and `GET /commits/{ref}` give it. */
export function commitShape(double: Double, repository: OwnedRepository, commit: Commit) {
  const { urls, store } = double;
  const api = `${urls.api}/repos/${fullName(repository)}`;
  const html = `${urls.web}/${fullName(repository)}/commit`;
  const author = store.accounts.byEmail(commit.author.email);
  const committer = store.accounts.byEmail(commit.committer.email);
  return {
    sha: commit.sha,
    node_id: nodeId('C', `${repository.id}:${commit.sha}`),
    commit: {
      author: { name: commit.author.name, email: commit.author.email, date: commit.author.at },
      committer: { name: commit.committer.name, email: commit.committer.email, date: commit.committer.at },
      message: commit.message,
      tree: { sha: commit.treeSha, url: `${api}/git/trees/${commit.treeSha}` },
      url: `${api}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    url: `${api}/commits/${commit.sha}`,
    html_url: `${html}/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    author: author === undefined ? null : simpleUser(urls, author),
    committer: committer === undefined ? null : simpleUser(urls, committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${html}/${sha}`,
    })),
  };
}

/** A changed file in a commit, comparison or pull request. */
export function fileShape(double: Double, repository: OwnedRepository, ref: string, file: ChangedFile) {
  const api = `${double.urls.api}/repos/${fullName(repository)}`;
  const html = `${double.urls.web}/${fullName(repository)}`;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.blobSha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${html}/blob/${ref}/${path}`,
    raw_url: `${html}/raw/${ref}/${path}`,
    contents_url: `${api}/contents/${path}?ref=${ref}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
  };
}

/** A commit as it stands in a `push` webhook. */
export function pushCommitShape(
  double: Double,
  repository: OwnedRepository,
  commit: Commit,
  files: readonly ChangedFile[],
) {
  const person = (signature: { name: string; email: string }) => {
    const account = double.store.accounts.byEmail(signature.email);
    return {
      name: signature.name,
      email: signature.email,
      ...(account === undefined ? {} : { username: account.login }),
    };
  };
  const paths = (statuses: readonly ChangedFile['status'][]) =>
    files.filter((file) => statuses.includes(file.status)).map((file) => file.path);
  return {
    id: commit.sha,
    tree_id: commit.treeSha,
    distinct: true,
    message: commit.message,
    timestamp: commit.author.at,
    url: `${double.urls.web}/${fullName(repository)}/commit/${commit.sha}`,
    author: person(commit.author),
    committer: person(commit.committer),
    added: paths(['added', 'copied']),
    removed: paths(['removed']),
    modified: paths(['modified', 'renamed', 'changed']),
  };
}
