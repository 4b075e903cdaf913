// The part of Go's text/template, and of what Helm adds to it, that the chart uses: enough to render
// it where there is no Helm. A function or form that is not known here is an error, so that nothing
// passes unread. Values are those of JSON.
import {createHash} from 'node:crypto';
import {YAML} from './modules.mjs';

export class TemplateError extends Error {}

// --- reading ----------------------------------------------------------------------------------------

// Text and actions in order; `{{-` and `-}}` have taken the blanks beside them.
function split(source, name) {
  const parts = [];
  let at = 0;
  let trim = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    let text = source.slice(at, open < 0 ? source.length : open);
    if (trim) text = text.trimStart();
    if (open < 0) {
      parts.push({text});
      break;
    }
    let from = open + 2;
    if (/^-\s/.test(source.slice(from, from + 2))) {
      text = text.trimEnd();
      from += 1;
    }
    parts.push({text});
    const close = end_of_action(source, from, name);
    let inside = source.slice(from, close);
    trim = /\s-$/.test(inside) || inside.trim().endsWith('*/ -');
    if (trim) inside = inside.slice(0, -1);
    parts.push({action: inside.trim()});
    at = close + 2;
  }
  return parts;
}

function end_of_action(source, from, name) {
  if (/^\s*\/\*/.test(source.slice(from))) {
    const end = source.indexOf('*/', from);
    const close = end < 0 ? -1 : source.indexOf('}}', end);
    if (close < 0) throw new TemplateError(`${name}: a comment does not end`);
    return close;
  }
  for (let at = from; at < source.length; ++at) {
    if (source[at] === '"') {
      for (++at; at < source.length && source[at] !== '"'; ++at) if (source[at] === '\\') ++at;
    } else if (source.startsWith('}}', at)) {
      return at;
    }
  }
  throw new TemplateError(`${name}: an action does not end`);
}

const kToken =
  /\s+|("(?:[^"\\]|\\.)*")|(-?\d+)(?![\w.])|(:=|[=|(),])|(\$?[A-Za-z_]\w*|\$)|((?:\.[A-Za-z_]\w*)+)|(\.)/y;

// Tokens; `space` says whether a blank stood before, which tells `.A .B` from `.A.B`.
function tokens_of(action, name) {
  const tokens = [];
  let space = true;
  kToken.lastIndex = 0;
  while (kToken.lastIndex < action.length) {
    const begin = kToken.lastIndex;
    const found = kToken.exec(action);
    if (!found) throw new TemplateError(`${name}: cannot read ${action.slice(begin)}`);
    const [all, string, number, sign, word, fields, dot] = found;
    if (/^\s/.test(all)) {
      space = true;
      continue;
    }
    if (string !== undefined) tokens.push({kind: 'string', value: JSON.parse(string), space});
    else if (number !== undefined) tokens.push({kind: 'number', value: Number(number), space});
    else if (sign !== undefined) tokens.push({kind: sign, space});
    else if (word !== undefined) tokens.push({kind: word[0] === '$' ? 'variable' : 'word', value: word, space});
    else if (fields !== undefined) tokens.push({kind: 'fields', value: fields.slice(1).split('.'), space});
    else if (dot !== undefined) tokens.push({kind: 'dot', space});
    space = false;
  }
  return tokens;
}

class Pipelines {
  constructor(tokens, name) {
    this.tokens = tokens;
    this.name = name;
    this.at = 0;
  }
  peek(offset = 0) {
    return this.tokens[this.at + offset];
  }
  // Commands, each of which gets the result of the one before as its last argument.
  pipeline() {
    const commands = [this.command()];
    while (this.peek()?.kind === '|') {
      ++this.at;
      commands.push(this.command());
    }
    return {commands};
  }
  command() {
    const operands = [];
    while (this.peek() && !['|', ')'].includes(this.peek().kind)) operands.push(this.operand());
    if (!operands.length) throw new TemplateError(`${this.name}: an operand is missing`);
    return operands;
  }
  operand() {
    const token = this.tokens[this.at++];
    let node;
    if (token.kind === '(') {
      node = {kind: 'pipeline', pipeline: this.pipeline()};
      if (this.tokens[this.at++]?.kind !== ')') throw new TemplateError(`${this.name}: ) is missing`);
    } else if (token.kind === 'word') {
      const constants = {true: true, false: false, nil: null};
      node = Object.hasOwn(constants, token.value)
        ? {kind: 'constant', value: constants[token.value]}
        : {kind: 'function', value: token.value};
    } else if (token.kind === 'string' || token.kind === 'number') {
      node = {kind: 'constant', value: token.value};
    } else if (token.kind === 'fields') {
      node = {kind: 'dot', fields: token.value};
    } else if (token.kind === 'dot' || token.kind === 'variable') {
      node = {...token};
    } else {
      throw new TemplateError(`${this.name}: unexpected ${token.kind}`);
    }
    if (['pipeline', 'variable'].includes(node.kind) && this.peek()?.kind === 'fields' && !this.peek().space) {
      node.fields = this.tokens[this.at++].value;
    }
    return node;
  }
  done() {
    if (this.at !== this.tokens.length) throw new TemplateError(`${this.name}: unexpected ${this.peek().kind}`);
  }
}

function pipeline_of(tokens, name) {
  const reader = new Pipelines(tokens, name);
  const pipeline = reader.pipeline();
  reader.done();
  return pipeline;
}

// `$a := …`, `$a = …`, `$i, $v := …` or a pipeline alone.
function action_of(tokens, name) {
  const names = [];
  let at = 0;
  while (tokens[at]?.kind === 'variable' && [',', ':=', '='].includes(tokens[at + 1]?.kind)) {
    names.push(tokens[at].value);
    const sign = tokens[at + 1].kind;
    at += 2;
    if (sign !== ',') return {names, declares: sign === ':=', pipeline: pipeline_of(tokens.slice(at), name)};
  }
  return {names: [], pipeline: pipeline_of(tokens, name)};
}

// The tree of a file; `defines` gets its named templates.
export function parse_template(source, name, defines) {
  const parts = split(source, name);
  let at = 0;
  const body = () => {
    const nodes = [];
    while (at < parts.length) {
      const part = parts[at++];
      if ('text' in part) {
        if (part.text) nodes.push({kind: 'text', text: part.text});
        continue;
      }
      if (part.action.startsWith('/*')) continue;
      const tokens = tokens_of(part.action, name);
      const word = tokens[0]?.kind === 'word' ? tokens[0].value : '';
      if (word === 'end' || word === 'else') return {nodes, end: word, tokens: tokens.slice(1)};
      if (word === 'define') {
        const inner = body();
        defines.set(tokens[1].value, inner.nodes);
      } else if (['if', 'with', 'range'].includes(word)) {
        nodes.push(block(word, tokens.slice(1)));
      } else {
        nodes.push({kind: 'action', ...action_of(tokens, name)});
      }
    }
    return {nodes, end: ''};
  };
  const block = (kind, tokens) => {
    const node = {kind, ...action_of(tokens, name), otherwise: []};
    const first = body();
    node.nodes = first.nodes;
    if (first.end === 'else') {
      const word = first.tokens[0]?.value;
      if (word) node.otherwise = [block(word, first.tokens.slice(1))];
      else node.otherwise = body().nodes;
    } else if (first.end !== 'end') {
      throw new TemplateError(`${name}: ${kind} does not end`);
    }
    return node;
  };
  const whole = body();
  if (whole.end) throw new TemplateError(`${name}: ${whole.end} without a beginning`);
  return whole.nodes;
}

// --- executing --------------------------------------------------------------------------------------

const is_map = value => value !== null && typeof value === 'object' && !Array.isArray(value);

function is_true(value) {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (is_map(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

function text_of(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') throw new TemplateError('a map or list is printed as it is');
  return String(value);
}

function merge_into(target, source) {
  for (const [key, value] of Object.entries(source)) {
    if (!Object.hasOwn(target, key)) target[key] = value;
    else if (is_map(target[key]) && is_map(value)) merge_into(target[key], value);
  }
  return target;
}

const to_yaml = value =>
  YAML.stringify(value, {sortMapEntries: true, indentSeq: false, lineWidth: 0}).trimEnd();
const indent = (width, text) => text.split('\n').map(line => ' '.repeat(width) + line).join('\n');

function printf(format, ...values) {
  return format.replace(/%[sdv]/g, () => text_of(values.shift()));
}

const kFunctions = {
  and: (...values) => values.find(value => !is_true(value)) ?? values.at(-1),
  append: (list, value) => [...list, value],
  contains: (part, text) => text.includes(part),
  deepCopy: value => structuredClone(value),
  default: (otherwise, value) => (is_true(value) ? value : otherwise),
  dict: (...pairs) => {
    const map = {};
    for (let i = 0; i < pairs.length; i += 2) map[pairs[i]] = pairs[i + 1];
    return map;
  },
  dig: (...path) => {
    let value = path.pop();
    const otherwise = path.pop();
    for (const key of path) {
      if (!is_map(value) || !Object.hasOwn(value, key)) return otherwise;
      value = value[key];
    }
    return value;
  },
  eq: (left, ...right) => right.some(value => value === left),
  fromYaml: text => YAML.parse(text),
  gt: (left, right) => left > right,
  int: value => Math.trunc(Number(value)),
  len: value => (is_map(value) ? Object.keys(value).length : value.length),
  list: (...values) => values,
  lower: text => text.toLowerCase(),
  merge: merge_into_all,
  mod: (left, right) => left % right,
  nindent: (width, text) => '\n' + indent(width, text),
  not: value => !is_true(value),
  or: (...values) => values.find(is_true) ?? values.at(-1),
  print: (...values) => values.map(text_of).join(''),
  printf,
  quote: value => JSON.stringify(text_of(value)),
  replace: (from, to, text) => text.replaceAll(from, to),
  required: (message, value) => {
    if (value === undefined || value === null || value === '') throw new TemplateError(message);
    return value;
  },
  sha256sum: text => createHash('sha256').update(text).digest('hex'),
  toString: text_of,
  toYaml: to_yaml,
  trim: text => text.trim(),
  trimSuffix: (suffix, text) => (text.endsWith(suffix) ? text.slice(0, -suffix.length) : text),
  trunc: (length, text) => text.slice(0, length),
  until: count => Array.from({length: count}, (_, i) => i),
};

function merge_into_all(target, ...sources) {
  for (const source of sources) merge_into(target, source);
  return target;
}

export class Executor {
  // `defines`: templates by name, those of `include`.
  constructor(defines) {
    this.defines = defines;
  }

  run(nodes, dot) {
    return this.nodes(nodes, dot, [new Map([['$', dot]])]);
  }

  nodes(nodes, dot, outer) {
    const scopes = [...outer, new Map()];
    return nodes.map(node => this.node(node, dot, scopes)).join('');
  }

  node(node, dot, scopes) {
    if (node.kind === 'text') return node.text;
    const value = this.pipeline(node.pipeline, dot, scopes);
    if (node.kind === 'range') return this.range(node, value, dot, scopes);
    if (node.kind === 'if' || node.kind === 'with') {
      if (!is_true(value)) return this.nodes(node.otherwise, dot, scopes);
      return this.nodes(node.nodes, node.kind === 'with' ? value : dot, scopes);
    }
    if (!node.names.length) return text_of(value);
    const [name] = node.names;
    const scope = node.declares ? scopes.at(-1) : scopes.findLast(one => one.has(name));
    if (!scope) throw new TemplateError(`${name} is not declared`);
    scope.set(name, value);
    return '';
  }

  range(node, value, dot, scopes) {
    if (!is_true(value)) return this.nodes(node.otherwise, dot, scopes);
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value).sort();
    return entries.map(([key, one]) => {
      const inner = new Map();
      if (node.names.length === 2) inner.set(node.names[0], key);
      if (node.names.length) inner.set(node.names.at(-1), one);
      return this.nodes(node.nodes, one, [...scopes, inner]);
    }).join('');
  }

  pipeline({commands}, dot, scopes) {
    let result;
    commands.forEach((command, place) => {
      result = this.command(command, dot, scopes, place ? [result] : []);
    });
    return result;
  }

  command([first, ...rest], dot, scopes, last) {
    const values = () => [...rest.map(operand => this.operand(operand, dot, scopes)), ...last];
    if (first.kind !== 'function') {
      const value = this.operand(first, dot, scopes);
      if (typeof value === 'function') return value(...values());
      if (rest.length || last.length) throw new TemplateError('what is no function has arguments');
      return value;
    }
    if (first.value === 'include') {
      const [name, argument] = values();
      if (!this.defines.has(name)) throw new TemplateError(`there is no template ${name}`);
      return this.run(this.defines.get(name), argument);
    }
    if (!Object.hasOwn(kFunctions, first.value)) throw new TemplateError(`unknown function ${first.value}`);
    return kFunctions[first.value](...values());
  }

  operand(node, dot, scopes) {
    let value;
    if (node.kind === 'constant') value = node.value;
    else if (node.kind === 'dot') value = dot;
    else if (node.kind === 'pipeline') value = this.pipeline(node.pipeline, dot, scopes);
    else if (node.kind === 'function') value = this.command([node], dot, scopes, []);
    else {
      const scope = scopes.findLast(one => one.has(node.value));
      if (!scope) throw new TemplateError(`${node.value} is not declared`);
      value = scope.get(node.value);
    }
    for (const field of node.fields ?? []) {
      if (value === null || value === undefined || typeof value !== 'object') {
        throw new TemplateError(`.${node.fields.join('.')}: nothing has the field ${field}`);
      }
      value = value[field];
    }
    return value;
  }
}
