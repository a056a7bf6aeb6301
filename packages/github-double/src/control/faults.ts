import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const match = z.strictObject({
  /** HTTP method, `*` for any. */
  method: z.string().default('*'),
  /** Path on the double, `*` stands for any characters, slashes included. */
  path: z.string().default('*'),
});
const times = z.union([z.int().positive(), z.null()]).default(1);

/** What `POST /_double/faults` takes. `times: null` lasts until it is cleared. */
export const faultInput = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    match: match.prefault({}),
    times,
    status: z.int().min(400).max(599),
    message: z.string().default('Injected fault'),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({
    kind: z.literal('delay'),
    match: match.prefault({}),
    times,
    delayMs: z.int().min(0).max(600_000),
  }),
  /** Closes the connection: before answering, or after the work was done (the reply is lost, the effect is not). */
  z.strictObject({
    kind: z.literal('drop'),
    match: match.prefault({}),
    times,
    when: z.enum(['before', 'after']).default('before'),
  }),
  z.strictObject({
    kind: z.literal('rateLimit'),
    match: match.prefault({}),
    times,
    limit: z.enum(['primary', 'secondary']).default('primary'),
    retryAfterSeconds: z.int().min(0).max(3_600).default(60),
  }),
  /** The delivery is recorded as failed and nothing is sent. */
  z.strictObject({
    kind: z.literal('webhook'),
    times,
    event: z.string().default('*'),
    action: z.string().optional(),
  }),
  /** A pull request asked for by itself says `mergeable: null`, as GitHub does while it computes that. */
  z.strictObject({ kind: z.literal('mergeability'), times, number: z.int().optional() }),
]);

export type FaultInput = z.output<typeof faultInput>;
export type Fault = FaultInput & { id: string; hits: number };
export type HttpFault = Exclude<Fault, { kind: 'webhook' | 'mergeability' }>;

function globToRegExp(glob: string): RegExp {
  const escaped = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${escaped.join('.*')}$`);
}

/** The faults to inject, in the order they were added. They are gone after a restart. */
export class FaultList {
  private faults: Fault[] = [];

  add(input: FaultInput): Fault {
    const fault: Fault = { ...input, id: randomUUID(), hits: 0 };
    this.faults.push(fault);
    return fault;
  }

  list(): Fault[] {
    return [...this.faults];
  }

  /** Removes one fault, or all. Returns how many. */
  clear(id?: string): number {
    const before = this.faults.length;
    this.faults = id === undefined ? [] : this.faults.filter((fault) => fault.id !== id);
    return before - this.faults.length;
  }

  /** The first fault for this request, used up by one. */
  takeHttpFault(method: string, path: string): HttpFault | undefined {
    for (const fault of this.faults) {
      if (fault.kind === 'webhook' || fault.kind === 'mergeability') continue;
      const methodFits = fault.match.method === '*' || fault.match.method.toUpperCase() === method;
      if (methodFits && globToRegExp(fault.match.path).test(path)) {
        this.use(fault);
        return fault;
      }
    }
    return undefined;
  }

  takeWebhookFault(event: string, action: string | null): boolean {
    for (const fault of this.faults) {
      if (fault.kind !== 'webhook') continue;
      const eventFits = fault.event === '*' || fault.event === event;
      if (eventFits && (fault.action === undefined || fault.action === action)) {
        this.use(fault);
        return true;
      }
    }
    return false;
  }

  takeMergeabilityFault(number: number): boolean {
    const fault = this.faults.find(
      (candidate) => candidate.kind === 'mergeability' && (candidate.number ?? number) === number,
    );
    if (fault === undefined) return false;
    this.use(fault);
    return true;
  }

  private use(fault: Fault): void {
    fault.hits += 1;
    if (fault.times !== null && fault.hits >= fault.times) {
      this.faults = this.faults.filter((other) => other !== fault);
    }
  }
}
