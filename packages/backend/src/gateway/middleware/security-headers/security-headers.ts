import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from '../../env.ts';

/** `publicUrl`: where browsers reach the gateway. People's pictures come from the gateway too. */
export function contentSecurityPolicy(options: { publicUrl: string }): string {
  const own = new URL(options.publicUrl);
  const socketOrigin = `${own.protocol === 'https:' ? 'wss' : 'ws'}://${own.host}`;
  return [
    "default-src 'self'",
    "img-src 'self' data:",
    // Components position themselves by style attributes and bring small style elements along.
    "style-src 'self' 'unsafe-inline'",
    // Syntax highlighting compiles its grammars' regular expressions to WebAssembly.
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "font-src 'self' data:",
    `connect-src 'self' ${socketOrigin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Headers on every answer, errors included. HSTS only when the gateway is reached by https. */
export function securityHeaders(options: {
  publicUrl: string;
  /** Other sites below this server's name are an operator's to answer for. */
  hstsIncludesSubdomains: boolean;
}): MiddlewareHandler<GatewayEnv> {
  const policy = contentSecurityPolicy(options);
  const scope = options.hstsIncludesSubdomains ? '; includeSubDomains' : '';
  const transportSecurity = options.publicUrl.startsWith('https://') ? `max-age=31536000${scope}` : null;
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    headers.set('content-security-policy', policy);
    headers.set('x-content-type-options', 'nosniff');
    headers.set('referrer-policy', 'strict-origin-when-cross-origin');
    headers.set('x-frame-options', 'DENY');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=()');
    if (transportSecurity !== null) headers.set('strict-transport-security', transportSecurity);
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  };
}
