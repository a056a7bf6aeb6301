import type { Member } from '@foundry/shared/entities';
import * as repository from '../../db/repository.ts';
import { inMessages, startCursor } from '../../decisions.ts';
import { organizationOf, self } from '../github.ts';
import { keptMembers, membersRead } from '../requests.ts';
import { bodiesOf, type Phase } from './phase.ts';

/** `admin:2`: GitHub tells roles only by listing each role for itself. */
function parseCursor(cursor: string): { role: 'admin' | 'member'; page: string } {
  const [role, page] = cursor === startCursor ? [] : cursor.split(':');
  return { role: role === 'member' ? 'member' : 'admin', page: page ?? '1' };
}

/** The organization's members; a personal account has its owner alone. */
export const membersPhase: Phase = {
  plan: async (db, { cursor }) => {
    const installation = await repository.readInstallation(db);
    if (installation === null || installation.organization.kind === 'personal') {
      return { units: [], nextAfter: () => null };
    }
    const { role, page } = parseCursor(cursor);
    const read = membersRead(installation.organization.login, role, page);
    return {
      units: [
        {
          reads: [read],
          subject: { repositoryId: null, name: `members of ${installation.organization.login}` },
        },
      ],
      nextAfter: (_count, replies) => {
        const next = replies.get(read.key)?.next ?? null;
        return next === null ? (role === 'admin' ? 'member:1' : null) : `${role}:${next}`;
      },
    };
  },
  apply: async (t, { generation }, replies) => {
    const installation = await repository.readInstallation(t.tx);
    const members: Member[] = [...bodiesOf(replies, 'members:', keptMembers).values()].flat();
    if (installation?.organization.kind === 'personal') {
      const { id, login, avatarUrl } = installation.organization;
      members.push({ githubId: id, login, avatarUrl, role: 'admin' });
    }
    await repository.upsertMembers(
      t.tx,
      members.map((member) => member.githubId),
      generation,
    );
    for (const page of inMessages(members)) {
      t.send(organizationOf(t.key), 'organization.command.applyMembers', { generation, members: page });
    }
    return { done: members.length, total: null };
  },
  end: async (t, generation, complete) => {
    if (complete) {
      await repository.sweepMembers(t.tx, generation);
    }
    // Whoever became visible or invisible to somebody did so without a webhook that Foundry saw.
    t.send(self(t.key), 'githubData.command.refreshPeople', { githubIds: null, reason: 'full sync' });
  },
};
