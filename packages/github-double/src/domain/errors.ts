/** One entry of the `errors` list in a 422. */
export interface FieldError {
  resource: string;
  field?: string;
  code: string;
  message?: string;
}

/** A refusal in GitHub's words; the error handler writes it as GitHub's JSON. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;

  constructor(status: number, message: string, errors?: readonly FieldError[]) {
    super(message);
    this.name = 'GitHubError';
    this.status = status;
    this.errors = errors;
  }
}

export function notFound(): GitHubError {
  return new GitHubError(404, 'Not Found');
}

export function validationFailed(...errors: FieldError[]): GitHubError {
  return new GitHubError(422, 'Validation Failed', errors);
}
