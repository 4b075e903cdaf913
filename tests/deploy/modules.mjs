// What is installed from npm, from the folder that the environment names (./dev test sets it up).
import {createRequire} from 'node:module';
import path from 'node:path';

const folder = process.env.HITWATCH_NODE_MODULES;
if (!folder) throw new Error('HITWATCH_NODE_MODULES is not set: run this by ./dev test');
export const from_npm = createRequire(path.join(folder, 'of_the_tests.cjs'));
export const YAML = from_npm('yaml');
export const root = path.resolve(new URL('../..', import.meta.url).pathname);
