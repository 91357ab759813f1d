import type { Context, MiddlewareHandler } from 'hono';

/** What each answer says to browsers, whoever asked and whatever it is: it is no page, and stands in none. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // For browsers that do not know `frame-ancestors`.
  'x-frame-options': 'DENY',
  // Names of documents stand in addresses.
  'referrer-policy': 'same-origin',
};

/**
 * What the pages and their files say besides: they run their own scripts, have their own styles and talk to this server, by
 * WebSocket too, and nothing else. Neither inline scripts nor inline styles: what somebody slips into a document cannot act.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // The clipboard is used; the rest is not.
  'permissions-policy': [
    'accelerometer',
    'autoplay',
    'bluetooth',
    'camera',
    'display-capture',
    'geolocation',
    'gyroscope',
    'hid',
    'magnetometer',
    'microphone',
    'midi',
    'payment',
    'serial',
    'usb',
  ]
    .map((feature) => `${feature}=()`)
    .join(', '),
};

/** Adds headers to each answer, also to errors, where it does not have them. */
export function withHeaders(headers: Readonly<Record<string, string>>): MiddlewareHandler {
  const entries = Object.entries(headers);
  return async (c: Context, next) => {
    await next();
    for (const [name, value] of entries) if (!c.res.headers.has(name)) c.header(name, value);
  };
}
