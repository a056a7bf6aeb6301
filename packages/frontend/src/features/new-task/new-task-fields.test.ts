import { ApiError } from '@foundry/client/api-error';
import { describe, expect, test } from 'vitest';
import { checkFields, errorsOfFailure } from './new-task-fields.ts';

const fields = { repositoryId: '11', prompt: 'Do it', title: '', branch: '', baseBranch: '', modelId: '' };

describe('checkFields', () => {
  test('leaves empty fields to the server', () => {
    expect(checkFields(fields, 'command-1').request).toEqual({
      commandId: 'command-1',
      repositoryId: '11',
      prompt: 'Do it',
    });
  });
  test('asks for a repository and for something to do', () => {
    expect(checkFields({ ...fields, repositoryId: '' }, 'c').errors).toHaveProperty('repositoryId');
    expect(checkFields({ ...fields, prompt: '  ' }, 'c').errors).toHaveProperty('prompt');
    expect(checkFields({ ...fields, prompt: '', title: 'A title' }, 'c').errors).toBeNull();
  });
  test('says at the field what git would refuse', () => {
    expect(checkFields({ ...fields, branch: 'not a branch' }, 'c').errors).toEqual({
      branch: 'Not a name for a branch: it holds a space, a line break or a control character.',
    });
  });
});

describe('errorsOfFailure', () => {
  const failure = (code: string) => errorsOfFailure(new ApiError({ code, message: 'Because.', status: 409 }));
  test('puts a refusal at the field it is about', () => {
    expect(failure('branch_taken')).toEqual({ branch: 'Because.' });
    expect(failure('base_branch_not_found')).toEqual({ baseBranch: 'Because.' });
    expect(failure('repository_archived')).toEqual({ repositoryId: 'Because.' });
    expect(failure('internal')).toEqual({ form: 'Because.' });
  });
});
