import { type Browser, chromium } from 'playwright-core';
import { chromium as executablePath } from '../support/optional.ts';

/** A headless Chromium that keeps to itself. */
export function launchChromium(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('Chromium is missing');
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath, headless: true, args });
}
