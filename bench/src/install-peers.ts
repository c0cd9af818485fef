/** Installs the JavaScript peers into a workspace of their own, unless they are there. See docs/decisions/0006. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../peers/', import.meta.url);

/** Without them, or without a network, their rows say so. */
export function installPeers(): void {
  if (existsSync(new URL('node_modules/', folder))) return;
  console.error('Installing the libraries to compare with (300 MB, once) ...');
  const { status } = spawnSync('npx', ['-y', 'pnpm@12', 'install', '--frozen-lockfile'], {
    cwd: fileURLToPath(folder),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) console.error('They could not be installed.');
}
