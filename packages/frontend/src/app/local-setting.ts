import { z } from 'zod';

/** A value kept in this browser. A stored value of an older form, or a closed storage, counts as absent. */
export function readSetting<T>(name: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(localStorage.getItem(`foundry.${name}`) ?? 'null'));
  } catch {
    return null;
  }
}

export function writeSetting(name: string, value: unknown): void {
  try {
    localStorage.setItem(`foundry.${name}`, JSON.stringify(value));
  } catch {
    // Private windows may refuse storage; the setting then lasts as long as the page.
    return;
  }
}

export function removeSetting(name: string): void {
  try {
    localStorage.removeItem(`foundry.${name}`);
  } catch {
    // A closed storage has nothing to remove.
    return;
  }
}

/** Names of the values kept in this browser that begin so. */
export function settingNames(prefix: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(`foundry.${prefix}`))
      .map((key) => key.slice('foundry.'.length));
  } catch {
    // A closed storage has none.
    return [];
  }
}

export const lastOrganizationSchema = z.string().regex(/^\d{1,20}$/);
