import type { RequestHandler } from 'express';
import { STYLE_SOURCE } from './page-style.ts';

/** On every answer: nothing of it may be loaded by a page, framed, sniffed or referred to. */
export const SECURITY_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};
// The queue UI has inline styles; its web font is Google's and stays out.
const UI_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

export const securityHeaders: RequestHandler = (_req, res, next) => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) res.setHeader(name, value);
  next();
};

/** On the queue UI instead: its own scripts and styles run, and nothing of it stays in a cache. */
export const uiHeaders: RequestHandler = (_req, res, next) => {
  res.setHeader('Content-Security-Policy', UI_POLICY);
  res.setHeader('Cache-Control', 'no-store');
  next();
};

const PAGE_POLICY = `default-src 'none'; style-src ${STYLE_SOURCE}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;

/**
 * On our own pages instead: one style sheet, no script at all, forms to ourselves. Under `no-referrer` browsers send
 * `Origin: null` with a form, which is all that tells over plain http that it is ours.
 */
export const pageHeaders: RequestHandler = (_req, res, next) => {
  res.setHeader('Content-Security-Policy', PAGE_POLICY);
  res.setHeader('Referrer-Policy', 'same-origin');
  res.setHeader('Cache-Control', 'no-store');
  next();
};
