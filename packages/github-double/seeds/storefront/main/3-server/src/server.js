import { createServer } from 'node:http';
import { search } from './catalog.js';
import { formatCents } from './money.js';

export function renderCatalog(products) {
  const items = products
    .map((product) => `<li>${product.name}: ${formatCents(product.priceCents)}</li>`)
    .join('');
  return `<!doctype html><title>Acme</title><h1>Acme</h1><ul>${items}</ul>`;
}

export function createShop() {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname !== '/') {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('Not found');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(renderCatalog(search(url.searchParams.get('q') ?? '')));
  });
}

if (import.meta.filename === process.argv[1]) {
  createShop().listen(3000, '127.0.0.1', () => {
    process.stdout.write('Listening on http://127.0.0.1:3000\n');
  });
}
