/**
 * Lets Node run TypeScript: node --conditions=@normgrad/source --import ./tools/typescript.mjs file.ts. The usual loader (tsx) wraps every
 * closure so that it keeps its name, which makes the tape four times slower; what is measured and shown should be what users get.
 */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
