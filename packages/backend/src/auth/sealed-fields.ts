import type { SecretBox, SecretPurpose } from './crypto.ts';
import type { AuthCondition, AuthRecord, AuthValue } from './where.ts';

/**
 * Fields that are secrets by themselves: whoever holds a session token is that person. They leave the
 * adapter as `<field>Hash` (keyed, to look up by) and `<field>Sealed` (to give back), so that no queue body,
 * workflow history or row has them in the clear (R17). OAuth tokens are encrypted by Better Auth itself.
 */
const sealedFields: Readonly<Record<string, readonly string[]>> = {
  session: ['token'],
  verification: ['identifier', 'value'],
  account: ['idToken', 'password'],
};

const purposes: Readonly<Record<string, SecretPurpose>> = {
  session: 'session-token',
  verification: 'verification',
  account: 'github-token',
};

const hashable = new Set(['eq', 'ne', 'in', 'not_in']);

export interface FieldSealer {
  /** The record as it may be stored and sent. */
  seal(model: string, record: AuthRecord): AuthRecord;
  /** The record as Better Auth knows it. Throws SecretDecryptError. */
  unseal(model: string, record: AuthRecord): AuthRecord;
  /** The same conditions on stored records; null when only unsealed records can tell. */
  sealWhere(model: string, where: readonly AuthCondition[]): AuthCondition[] | null;
  isSealed(model: string, field: string): boolean;
}

export function createFieldSealer(box: SecretBox): FieldSealer {
  const fieldsOf = (model: string): readonly string[] => sealedFields[model] ?? [];
  const purposeOf = (model: string): SecretPurpose => purposes[model] ?? 'verification';
  const isSealed = (model: string, field: string): boolean => fieldsOf(model).includes(field);
  const hash = (model: string, value: AuthValue): AuthValue =>
    typeof value === 'string' ? box.keyedHash(value, purposeOf(model)) : value;

  return {
    isSealed,
    seal(model, record) {
      const sealed: AuthRecord = {};
      for (const [field, value] of Object.entries(record)) {
        if (!isSealed(model, field)) {
          sealed[field] = value;
          continue;
        }
        sealed[`${field}Hash`] = hash(model, value);
        sealed[`${field}Sealed`] =
          typeof value === 'string' ? box.encryptSecret(value, purposeOf(model)) : value;
      }
      return sealed;
    },
    unseal(model, record) {
      const plain: AuthRecord = { ...record };
      for (const field of fieldsOf(model)) {
        const value = plain[`${field}Sealed`];
        delete plain[`${field}Hash`];
        delete plain[`${field}Sealed`];
        if (value === undefined) continue;
        plain[field] = typeof value === 'string' ? box.decryptSecret(value, purposeOf(model)) : value;
      }
      return plain;
    },
    sealWhere(model, where) {
      const sealed: AuthCondition[] = [];
      for (const condition of where) {
        if (!isSealed(model, condition.field)) {
          sealed.push(condition);
          continue;
        }
        const isNullTest = condition.value === null;
        if (!isNullTest && condition.mode === 'insensitive') return null;
        if (!hashable.has(condition.operator)) return null;
        const value = Array.isArray(condition.value)
          ? condition.value.map((item) => hash(model, item))
          : hash(model, condition.value);
        sealed.push({ ...condition, field: `${condition.field}Hash`, value });
      }
      return sealed;
    },
  };
}
