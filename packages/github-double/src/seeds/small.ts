import type { CheckConclusion } from '../store/checks.ts';
import type { Permission } from '../store/repositories.ts';

export interface SeedUser {
  id: number;
  login: string;
  name: string;
  email: string;
}

export interface SeedCommit {
  /** Folder below `seeds/<repository>/`, laid over what is there. */
  folder: string;
  author: string;
  at: string;
  message: string;
}

export interface SeedPull {
  branch: string;
  title: string;
  body: string;
  author: string;
  draft?: boolean;
  /** Number of commits of main that the branch begins after. */
  fromCommit: number;
  commits: SeedCommit[];
  reviews?: { login: string; state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'; body: string }[];
  requestedReviewers?: string[];
  comments?: { login: string; body: string }[];
  /** Null: still running. */
  checks?: { name: string; conclusion: CheckConclusion | null; summary: string }[];
}

export interface SeedRepository {
  id: number;
  owner: string;
  name: string;
  private: boolean;
  description: string;
  language: string;
  collaborators: { login: string; permission: Permission }[];
  main: SeedCommit[];
  pulls: SeedPull[];
}

export const users: SeedUser[] = [
  { id: 20_001, login: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' },
  { id: 20_002, login: 'grace', name: 'Grace Hopper', email: 'grace@example.com' },
];

const passed = [{ name: 'test', conclusion: 'success' as const, summary: 'All tests passed.' }];

const storefront: SeedRepository = {
  id: 40_001,
  owner: 'acme',
  name: 'storefront',
  private: false,
  description: 'Catalogue, cart and the shop that shows them',
  language: 'JavaScript',
  collaborators: [{ login: 'grace', permission: 'write' }],
  main: [
    { folder: 'main/1-start', author: 'ada', at: '2026-10-05T08:30:00Z', message: 'Catalogue with a search' },
    { folder: 'main/2-cart', author: 'grace', at: '2026-10-06T10:00:00Z', message: 'Cart and money' },
    { folder: 'main/3-server', author: 'ada', at: '2026-10-08T14:15:00Z', message: 'Serve the catalogue' },
    {
      folder: 'main/4-total-with-count',
      author: 'ada',
      at: '2026-11-02T15:20:00Z',
      message: 'Count the pieces in the cart',
    },
  ],
  pulls: [
    {
      branch: 'feature/free-shipping',
      title: 'Free shipping from 50 €',
      body: 'Orders of **50 €** or more are sent for free; an empty cart costs nothing.',
      author: 'grace',
      fromCommit: 3,
      commits: [
        {
          folder: 'pulls/free-shipping/1',
          author: 'grace',
          at: '2026-11-02T09:00:00Z',
          message: 'Shipping costs, free from 50 €',
        },
        {
          folder: 'pulls/free-shipping/2',
          author: 'grace',
          at: '2026-11-02T09:40:00Z',
          message: 'Test shipping costs',
        },
      ],
      reviews: [{ login: 'ada', state: 'APPROVED', body: 'Clear and well tested.' }],
      checks: passed,
    },
    {
      branch: 'search-several-words',
      title: 'Search for several words',
      body: 'Every word must be found, in the name or as a tag.',
      author: 'ada',
      fromCommit: 4,
      commits: [
        {
          folder: 'pulls/search-several-words/1',
          author: 'ada',
          at: '2026-11-03T11:05:00Z',
          message: 'Search for every word',
        },
      ],
      requestedReviewers: ['grace'],
      checks: passed,
    },
    {
      branch: 'fix/rounding',
      title: 'Never round percentages up',
      body: 'A discount should not be larger than announced.',
      author: 'grace',
      fromCommit: 3,
      commits: [
        {
          folder: 'pulls/rounding/1',
          author: 'grace',
          at: '2026-11-05T16:30:00Z',
          message: 'Round percentages down',
        },
      ],
      comments: [{ login: 'ada', body: 'The test for halves fails now: is that what we want?' }],
      checks: [
        {
          name: 'test',
          conclusion: 'failure',
          summary: 'test/money.js: percentages are rounded to whole cents, halves up: 52 is not 53',
        },
      ],
    },
    {
      branch: 'gift-cards',
      title: 'Gift cards',
      body: 'Only the calculation so far; storing cards comes next.',
      author: 'ada',
      draft: true,
      fromCommit: 4,
      commits: [
        {
          folder: 'pulls/gift-cards/1',
          author: 'ada',
          at: '2026-11-06T08:10:00Z',
          message: 'Pay with a gift card',
        },
      ],
      checks: passed,
    },
    {
      branch: 'rename-total',
      title: 'Call the total before shipping a subtotal',
      body: 'The word total should mean what people pay in the end.',
      author: 'grace',
      fromCommit: 3,
      commits: [
        {
          folder: 'pulls/subtotal/1',
          author: 'grace',
          at: '2026-11-10T13:00:00Z',
          message: 'Rename cartTotal to cartSubtotal',
        },
      ],
      reviews: [
        {
          login: 'ada',
          state: 'CHANGES_REQUESTED',
          body: 'Good name. Please bring it up to date with main: the cart has changed there.',
        },
      ],
      checks: passed,
    },
  ],
};

const billing: SeedRepository = {
  id: 40_002,
  owner: 'acme',
  name: 'billing',
  private: true,
  description: 'Invoices, taxes and reminders',
  language: 'JavaScript',
  collaborators: [],
  main: [
    { folder: 'main/1-invoices', author: 'ada', at: '2026-10-12T07:45:00Z', message: 'Invoices with taxes' },
    { folder: 'main/2-reminders', author: 'ada', at: '2026-10-20T12:00:00Z', message: 'Reminders' },
  ],
  pulls: [
    {
      branch: 'swiss-vat',
      title: 'Tax rate for Switzerland',
      body: 'First customers in Basel.',
      author: 'ada',
      fromCommit: 2,
      commits: [
        {
          folder: 'pulls/swiss-vat/1',
          author: 'ada',
          at: '2026-11-11T10:30:00Z',
          message: 'Add the Swiss rate',
        },
      ],
      checks: passed,
    },
    {
      branch: 'weekly-reminders',
      title: 'Remind every week',
      body: 'To be discussed with the customers we annoy.',
      author: 'ada',
      draft: true,
      fromCommit: 2,
      commits: [
        {
          folder: 'pulls/weekly-reminders/1',
          author: 'ada',
          at: '2026-11-17T15:20:00Z',
          message: 'Weekly reminders',
        },
      ],
    },
  ],
};

const designSystem: SeedRepository = {
  id: 40_003,
  owner: 'acme',
  name: 'design-system',
  private: false,
  description: 'Tokens and components',
  language: 'JavaScript',
  collaborators: [{ login: 'grace', permission: 'maintain' }],
  main: [
    { folder: 'main/1-tokens', author: 'grace', at: '2026-10-07T09:00:00Z', message: 'Tokens as CSS' },
    { folder: 'main/2-button', author: 'grace', at: '2026-10-14T11:30:00Z', message: 'A button' },
  ],
  pulls: [
    {
      branch: 'dark-theme',
      title: 'Dark theme',
      body: 'The same tokens with other colours.',
      author: 'grace',
      fromCommit: 2,
      commits: [
        {
          folder: 'pulls/dark-theme/1',
          author: 'grace',
          at: '2026-11-04T08:00:00Z',
          message: 'Colours for dark surroundings',
        },
        {
          folder: 'pulls/dark-theme/2',
          author: 'ada',
          at: '2026-11-05T09:15:00Z',
          message: 'Test that both themes have the same colours',
        },
      ],
      reviews: [{ login: 'ada', state: 'APPROVED', body: 'Lovely.' }],
      checks: passed,
    },
    {
      branch: 'button-loading',
      title: 'Button: loading state',
      body: 'While loading it is busy and cannot be pressed.',
      author: 'ada',
      fromCommit: 2,
      commits: [
        {
          folder: 'pulls/button-loading/1',
          author: 'ada',
          at: '2026-11-06T14:45:00Z',
          message: 'Loading buttons',
        },
      ],
      reviews: [
        { login: 'grace', state: 'CHANGES_REQUESTED', body: 'Please say in the README when to use it.' },
      ],
      checks: passed,
    },
    {
      branch: 'spacing-scale',
      title: 'Spacing scale',
      body: 'Steps of four pixels. Not used anywhere yet.',
      author: 'grace',
      draft: true,
      fromCommit: 2,
      commits: [
        {
          folder: 'pulls/spacing-scale/1',
          author: 'grace',
          at: '2026-11-18T10:10:00Z',
          message: 'A spacing scale',
        },
      ],
    },
  ],
};

const notes: SeedRepository = {
  id: 40_004,
  owner: 'ada',
  name: 'notes',
  private: false,
  description: 'A folder of notes and a few commands for it',
  language: 'JavaScript',
  collaborators: [],
  main: [
    { folder: 'main/1-notes', author: 'ada', at: '2026-10-18T18:00:00Z', message: 'Notes and commands' },
  ],
  pulls: [
    {
      branch: 'export-html',
      title: 'Export notes as HTML',
      body: 'Headings, lists and paragraphs are enough for me.',
      author: 'ada',
      fromCommit: 1,
      commits: [
        {
          folder: 'pulls/export-html/1',
          author: 'ada',
          at: '2026-11-08T19:30:00Z',
          message: 'Notes as HTML',
        },
      ],
      checks: passed,
    },
    {
      branch: 'tags',
      title: 'Tags in notes',
      body: 'Finds `#tags`; listing by tag comes later.',
      author: 'ada',
      fromCommit: 1,
      commits: [{ folder: 'pulls/tags/1', author: 'ada', at: '2026-11-19T20:00:00Z', message: 'Find tags' }],
      checks: [{ name: 'test', conclusion: null, summary: 'Running' }],
    },
  ],
};

export const smallRepositories: SeedRepository[] = [storefront, billing, designSystem, notes];
