import { Combobox } from '@base-ui/react/combobox';
import { Check, ChevronsUpDown, Lock } from 'lucide-react';
import { atLeast } from '@foundry/shared/roles';
import { useMemo } from 'react';
import { useOrganization } from '../organization/organization-context.ts';

interface Choice {
  value: string;
  label: string;
  private: boolean;
}

interface RepositorySelectProps {
  id: string;
  'aria-describedby': string;
  'aria-invalid': boolean;
  value: string;
  onChange: (repositoryId: string) => void;
}

/** A repository by typing a part of its name: an organization may have hundreds. */
export function RepositorySelect({ value, onChange, ...control }: RepositorySelectProps) {
  const { repositories, roles } = useOrganization().organization;
  const choices = useMemo(
    () =>
      [...repositories.values()]
        .filter((repository) => !repository.archived && atLeast(roles[repository.id], 'write'))
        .map((repository): Choice => ({
          value: repository.id,
          label: repository.name,
          private: repository.private,
        }))
        .sort((left, right) => left.label.localeCompare(right.label)),
    [repositories, roles],
  );
  const chosen = choices.find((choice) => choice.value === value) ?? null;
  return (
    <Combobox.Root
      items={choices}
      value={chosen}
      onValueChange={(choice: Choice | null) => onChange(choice?.value ?? '')}
      isItemEqualToValue={(left: Choice, right: Choice) => left.value === right.value}
      autoHighlight
    >
      <div className="relative">
        <Combobox.Input {...control} placeholder="Choose a repository" className="field h-8 pr-8" />
        <Combobox.Trigger
          aria-label="Show repositories"
          className="absolute top-1 right-1 inline-flex size-6 items-center justify-center rounded text-ink-3"
        >
          <ChevronsUpDown aria-hidden className="size-3.5" />
        </Combobox.Trigger>
      </div>
      <Combobox.Portal>
        <Combobox.Positioner className="z-[60] outline-none" sideOffset={4}>
          <Combobox.Popup className="popup w-(--anchor-width) p-1">
            <Combobox.Empty className="empty:hidden px-2 py-1.5 text-ink-3">
              No repository of that name that you may write to.
            </Combobox.Empty>
            <Combobox.List className="max-h-64 overflow-y-auto">
              {(choice: Choice) => (
                <Combobox.Item
                  key={choice.value}
                  value={choice}
                  className="flex min-h-7 items-center gap-2 rounded-md px-2 py-1 outline-none select-none data-highlighted:bg-selected"
                >
                  <span className="flex size-4 items-center">
                    <Combobox.ItemIndicator>
                      <Check aria-hidden className="size-3.5" />
                    </Combobox.ItemIndicator>
                  </span>
                  <span className="truncate">{choice.label}</span>
                  {choice.private && <Lock role="img" aria-label="Private" className="size-3 text-ink-3" />}
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
