import * as repository from '../../db/repository.ts';
import { inMessages, startCursor } from '../../decisions.ts';
import { organizationOf } from '../github.ts';
import { keptRepositories, repositoriesRead } from '../requests.ts';
import { bodiesOf, type Phase } from './phase.ts';

/** The repositories that the App may see, page after page. */
export const repositoriesPhase: Phase = {
  plan: async (_db, { cursor }) => {
    const page = cursor === startCursor ? '1' : cursor;
    const read = repositoriesRead(page);
    return {
      units: [{ reads: [read], subject: null }],
      nextAfter: (_count, replies) => replies.get(read.key)?.next ?? null,
    };
  },
  apply: async (t, { generation }, replies) => {
    let done = 0;
    let total: number | null = null;
    for (const page of bodiesOf(replies, 'repositories:', keptRepositories).values()) {
      await repository.upsertRepositories(t.tx, page.repositories, generation);
      for (const repositories of inMessages(page.repositories)) {
        t.send(organizationOf(t.key), 'organization.command.applyRepositories', { generation, repositories });
      }
      done += page.repositories.length;
      total = page.total;
    }
    return { done, total };
  },
  end: async (t, generation) => await repository.sweepRepositories(t.tx, generation),
};
