// Makes elements. Texts only ever become text: names of tenants, keys and hosts come from outside.

// element("p", { class: "quiet" }, "text", child): attributes that are false, null or undefined are
// left out, those that are true are empty; `on…` are listeners.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith('on'))
      made.addEventListener(key.slice(2), value);
    else
      made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const find = (id) => document.getElementById(id);

// Only what differs is touched, so that selections and screen readers are left alone.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

export function setChildren(node, ...children) {
  const same = node.childNodes.length === children.length &&
      children.every((child, i) => node.childNodes[i] === child);
  if (!same) node.replaceChildren(...children);
}

// A paragraph for a section that has nothing to list.
export function quiet(...content) {
  return element('p', {class: 'quiet'}, ...content);
}

// Links lead where they say: only http and https, whatever a rule's annotation holds. The daemon's
// own runbooks are where the page is.
export function safeLink(text) {
  const own = text.startsWith('/runbooks/');
  if (!own && !/^https?:\/\//i.test(text)) return document.createTextNode(text);
  return element('a', {href: own ? text.slice(1) : text, rel: 'noopener noreferrer'}, text);
}

// A word in a colour that means the same.
export function pill(kind, word) {
  return element('span', {class: `pill ${kind}`}, word);
}
