import type { Response } from 'express';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Answers with `{"error": sentence}`. */
export function refuse(res: Response, status: number, sentence: string, headers: Record<string, string> = {}): void {
  if (res.headersSent || res.destroyed) return;
  const body = JSON.stringify({ error: sentence });
  const content = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  res.writeHead(status, { ...SECURITY_HEADERS, ...content, ...headers }).end(body);
}
