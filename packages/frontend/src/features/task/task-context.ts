import type { TaskAddress } from '@foundry/client/api';
import type { TaskPageState } from '@foundry/client/reducers/small-topics';
import { createContext, use } from 'react';

interface TaskContextValue extends TaskPageState {
  at: TaskAddress;
}

export const TaskContext = createContext<TaskContextValue | null>(null);

/** The task whose page is shown, live. */
export function useTask(): TaskContextValue {
  const value = use(TaskContext);
  if (value === null) throw new Error('useTask needs TaskPage above it');
  return value;
}
