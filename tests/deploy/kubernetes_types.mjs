// Whether objects are what Kubernetes takes: each is validated by the schema of its kind, and no field
// may be unknown, which the schemas themselves do not forbid. The names of fields are read from the
// type declarations beside the schemas.
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {from_npm} from './modules.mjs';

const kOperator = 'monitoring.coreos.com';

function module_of({apiVersion, kind}) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const name = group === kOperator ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  return path.posix.join(name, group, version, kind);
}

// The declaration of an interface: its fields with their types, and where imported types are from.
const declarations = new Map();
function declaration_of(file) {
  if (!declarations.has(file)) {
    const text = readFileSync(file, 'utf8');
    const imports = new Map();
    for (const [, names, from] of text.matchAll(/^import \{([^}]*)\} from "([^"]*)";/gm)) {
      for (const name of names.split(',')) imports.set(name.trim(), from);
    }
    const fields = new Map();
    const body = /^export interface \w+[^{]*\{\n(.*?)^\}/ms.exec(text)?.[1];
    for (const [, name, type] of (body ?? '').matchAll(/^ {4}"?([\w$]+)"?\??: (.*)$/gm)) fields.set(name, type);
    declarations.set(file, body === undefined ? undefined : {imports, fields});
  }
  return declarations.get(file);
}

function file_of(name, from, file) {
  if (from.startsWith('.')) return path.join(path.dirname(file), from.replace(/\.js$/, '') + '.d.ts');
  return from_npm.resolve(from).replace(/\.m?js$/, '.d.ts');
}

// Paths of fields that the declaration in `file` does not have.
function unknown_fields(value, file, place) {
  const declaration = declaration_of(file);
  if (!declaration) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = `${place}.${key}`;
    const type = declaration.fields.get(key);
    if (type === undefined) return [here];
    const name = /\bI([A-Z]\w*)/.exec(type)?.[0];
    const from = name && declaration.imports.get(name);
    if (!from) return [];
    // A map of them has names of its own.
    const values = Array.isArray(inner) ? inner : /\[key: string\]/.test(type) ? Object.values(inner) : [inner];
    const next = file_of(name, from, file);
    return values.filter(one => one !== null && typeof one === 'object')
      .flatMap(one => unknown_fields(one, next, here));
  });
}

// What is wrong with an object; nothing if all is well.
export function faults_of(object) {
  const name = `${object.kind} ${object.metadata?.name}`;
  const module = module_of(object);
  const Model = from_npm(module)[object.kind];
  try {
    new Model(object).validate();
  } catch (error) {
    return [`${name}: ${error.message}`];
  }
  return unknown_fields(object, from_npm.resolve(module).replace(/\.m?js$/, '.d.ts'), name)
    .map(field => `${field}: Kubernetes knows no such field`);
}
