import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

const require = createRequire(import.meta.url);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function readJson(path: string): Json {
  // Published JSON documents; what is taken out of them is checked where it is used.
  return JSON.parse(readFileSync(path, 'utf8')) as Json;
}

function isRecord(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: Json | undefined): { [key: string]: Json } {
  return isRecord(value) ? value : {};
}

/** OpenAPI 3.0 says `nullable: true` where JSON schema says "or null"; references get the document's name. */
function toJsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(toJsonSchema);
  if (!isRecord(value)) return value;
  const converted: { [key: string]: Json } = {};
  for (const [key, entry] of Object.entries(value)) {
    if (key === 'nullable' || key === 'examples' || key === 'example') {
      if (typeof entry !== 'boolean' && key === 'nullable') converted[key] = toJsonSchema(entry);
      continue;
    }
    converted[key] =
      key === '$ref' && typeof entry === 'string' ? entry.replace(/^#/, 'github#') : toJsonSchema(entry);
  }
  return value['nullable'] === true ? { anyOf: [converted, { type: 'null' }] } : converted;
}

function describe(name: string, error: ErrorObject): string {
  return `${name} ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`;
}

interface Operation {
  pattern: RegExp;
  /** How many segments of the path are literal: the most literal template wins. */
  literals: number;
  path: string;
  methods: { [key: string]: Json };
}

function newAjv(): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, validateSchema: false });
  // The package is CommonJS: its function is the default export of the default export.
  addFormats.default(ajv);
  return ajv;
}

/**
 * Replies whose published schema is itself wrong: this one wants the account to be a user and an enterprise at the
 * same time, where the schema it was made from says "or".
 */
const corrections: Record<string, Json> = {
  'GET /app/installations 200': { type: 'array', items: { $ref: '#/components/schemas/installation' } },
};

/** GitHub's published description of its REST API, used to judge replies. */
export class RestSchemas {
  private readonly ajv = newAjv();
  private readonly operations: Operation[];
  private readonly components: { [key: string]: Json };
  private readonly validators = new Map<string, ValidateFunction | null>();
  /** `METHOD /template STATUS` of every reply that was judged. */
  readonly judged = new Set<string>();

  constructor() {
    const document = record(readJson(require.resolve('@octokit/openapi/generated/api.github.com.json')));
    this.components = record(document['components']);
    const schemas = toJsonSchema(record(this.components['schemas']));
    this.ajv.addSchema({ $id: 'github', components: { schemas } });
    this.operations = Object.entries(record(document['paths'])).map(([path, methods]) => {
      const segments = path.split('/');
      const pattern = segments
        .map((segment) => (segment.startsWith('{') ? '[^/]+' : segment.replaceAll(/\{[^}]+\}/g, '[^/]+')))
        .join('/');
      return {
        pattern: new RegExp(`^${pattern.replaceAll('.', String.raw`\.`)}$`),
        literals: segments.filter((segment) => !segment.includes('{')).length,
        path,
        methods: record(methods),
      };
    });
  }

  /** What is wrong with a reply, or an empty list. Replies the description does not know are wrong. */
  problems(method: string, path: string, status: number, body: unknown): string[] {
    const operation = this.operations
      .filter((entry) => entry.pattern.test(path) && method.toLowerCase() in entry.methods)
      .sort((left, right) => right.literals - left.literals)[0];
    if (operation === undefined) return [`${method} ${path} is not in GitHub's description`];
    const name = `${method} ${operation.path} ${status}`;
    const validate = this.validator(name, operation, method, status);
    this.judged.add(name);
    if (validate === null || validate(body)) return [];
    return (validate.errors ?? []).slice(0, 8).map((error) => describe(name, error));
  }

  private validator(
    name: string,
    operation: Operation,
    method: string,
    status: number,
  ): ValidateFunction | null {
    const known = this.validators.get(name);
    if (known !== undefined) return known;
    const responses = record(record(operation.methods[method.toLowerCase()])['responses']);
    let response = record(responses[String(status)]);
    const reference = response['$ref'];
    if (typeof reference === 'string') {
      response = record(record(this.components['responses'])[reference.split('/').at(-1) ?? '']);
    }
    const schema = corrections[name] ?? record(record(response['content'])['application/json'])['schema'];
    const validate = schema === undefined ? null : this.ajv.compile(record(toJsonSchema(schema)));
    this.validators.set(name, validate);
    return validate;
  }
}

/** The published schemas of webhook payloads. */
export class WebhookSchemas {
  private readonly ajv = newAjv();
  private readonly names: Set<string>;
  readonly judged = new Set<string>();

  constructor() {
    const document = record(readJson(require.resolve('@octokit/webhooks-schemas')));
    this.names = new Set(Object.keys(record(document['definitions'])));
    this.ajv.addSchema({ ...document, $id: 'webhooks' });
  }

  problems(event: string, action: string | null, payload: unknown): string[] {
    const name = `${event}$${action ?? 'event'}`;
    if (!this.names.has(name)) return [`there is no webhook ${name}`];
    this.judged.add(name);
    const validate =
      this.ajv.getSchema(`webhooks#/definitions/${encodeURIComponent(name)}`) ??
      this.ajv.compile({ $ref: `webhooks#/definitions/${name}` });
    if (validate(payload) === true) return [];
    return (validate.errors ?? []).slice(0, 8).map((error) => describe(name, error));
  }
}
