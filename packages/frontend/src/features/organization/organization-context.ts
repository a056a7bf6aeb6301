import type { OrganizationState } from '@foundry/client/reducers/organization';
import { createContext, use } from 'react';

/** Of the part beside the sidebar, which gets the focus when what had it is gone. */
export const pageId = 'page';

interface OrganizationContextValue {
  organization: OrganizationState;
  openSidebar: () => void;
  openNewTask: (repositoryId?: string) => void;
}

export const OrganizationContext = createContext<OrganizationContextValue | null>(null);

/** The organization whose pages are shown, live. */
export function useOrganization(): OrganizationContextValue {
  const value = use(OrganizationContext);
  if (value === null) throw new Error('useOrganization needs OrganizationLayout above it');
  return value;
}
