import type { SessionConfigOption } from '@agentclientprotocol/sdk';

/** The two "models" of the demo agent; README.md documents what differs. */
export const demoModels = [
  {
    value: 'demo-careful',
    name: 'Demo careful',
    description:
      'Shows a plan, thinks aloud, and runs the tests before a commit; does not commit when they fail.',
  },
  {
    value: 'demo-quick',
    name: 'Demo quick',
    description: 'Acts at once: no plan, no thoughts, no tests before a commit.',
  },
] as const;

export type DemoModelId = (typeof demoModels)[number]['value'];

export const modelConfigId = 'model';
export const defaultModelId: DemoModelId = 'demo-careful';

/** The model named by a configuration value, or undefined when there is no such model. */
export function findModel(value: unknown): DemoModelId | undefined {
  return demoModels.find((model) => model.value === value)?.value;
}

/** The session configuration in ACP's shape: one select of the category `model`. */
export function modelConfigOptions(current: DemoModelId): SessionConfigOption[] {
  return [
    {
      type: 'select',
      id: modelConfigId,
      name: 'Model',
      description: 'How carefully the demo agent works',
      category: 'model',
      currentValue: current,
      options: demoModels.map((model) => ({ ...model })),
    },
  ];
}
