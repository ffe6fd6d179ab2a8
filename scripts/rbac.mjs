// npm run rbac: writes deploy/rbac/ from what the target kinds and actions say they need.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild, ensureNodeModules } from './ensure.mjs';
import { root, say } from './say.mjs';

ensureNodeModules();
ensureBuild();
const { rbacFiles } = await import('../dist/cli/rbac.js');
const folder = join(root, 'deploy/rbac');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(rbacFiles())) {
  writeFileSync(join(folder, name), text);
  say(`written  deploy/rbac/${name}`);
}
