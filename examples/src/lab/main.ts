/** `lab`: see README.md. */
import { lab } from './command.node.ts';

process.exitCode = await lab(process.argv.slice(2));
