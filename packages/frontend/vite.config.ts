import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = process.env['FOUNDRY_GATEWAY_URL'] ?? 'http://127.0.0.1:7741';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    // The content security policy allows scripts of our own origin only, and no data: fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: gateway, ws: true } },
  },
});
