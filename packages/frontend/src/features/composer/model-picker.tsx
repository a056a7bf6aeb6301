import { useFoundryClient } from '@foundry/client/react/hooks';
import { ChevronDown } from 'lucide-react';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { Menu, MenuChoices } from '../../ui/menu.tsx';
import { useSession } from '../task/session-context.ts';

export function ModelPicker() {
  const { api } = useFoundryClient();
  const { at, session } = useSession();
  const setModel = useCommand((modelId: string) => api.setModel(at, modelId), {
    at: { organizationId: at.organizationId, actor: 'session', id: at.sessionId },
    failureTitle: 'The model was not changed',
  });
  const current = session.models.find((model) => model.id === session.modelId);
  const label = current?.name ?? session.modelId ?? 'Default model';
  if (session.models.length === 0) return <span className="px-2 text-xs text-ink-3">{label}</span>;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="sm" pending={setModel.pending} aria-label={`Model: ${label}`}>
          {label}
          <ChevronDown aria-hidden className="size-3.5" />
        </Button>
      }
    >
      <MenuChoices
        label="Model"
        value={session.modelId ?? ''}
        onChange={(modelId) => void setModel.run(modelId)}
        choices={session.models.map(({ id, name, description }) => ({
          value: id,
          label: name,
          hint: description,
        }))}
      />
    </Menu>
  );
}
