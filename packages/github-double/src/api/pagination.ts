import type { Double } from '../double.ts';
import type { ApiContext } from './context.ts';

const defaultPerPage = 30;
const maxPerPage = 100;

export interface Page {
  page: number;
  perPage: number;
}

/** `page` and `per_page` of the request; nonsense becomes the default, as on GitHub. */
export function pageOf(c: ApiContext): Page {
  const number = (name: string, fallback: number) => {
    const value = Number(c.req.query(name));
    return Number.isSafeInteger(value) && value > 0 ? value : fallback;
  };
  return { page: number('page', 1), perPage: Math.min(maxPerPage, number('per_page', defaultPerPage)) };
}

/** One page of a list, with the `Link` header that leads to the others. */
export function paginate<T>(double: Double, c: ApiContext, items: readonly T[]): T[] {
  const { page, perPage } = pageOf(c);
  setLinks(double, c, page, Math.max(1, Math.ceil(items.length / perPage)));
  return items.slice((page - 1) * perPage, page * perPage);
}

function setLinks(double: Double, c: ApiContext, page: number, last: number): void {
  const links: string[] = [];
  const add = (target: number, relation: string) => {
    const url = new URL(c.req.url);
    url.searchParams.set('page', String(target));
    links.push(`<${double.urls.web}${url.pathname}${url.search}>; rel="${relation}"`);
  };
  if (page > 1) add(Math.min(page - 1, last), 'prev');
  if (page < last) {
    add(page + 1, 'next');
    add(last, 'last');
  }
  if (page > 1) add(1, 'first');
  if (links.length > 0) c.header('link', links.join(', '));
}
