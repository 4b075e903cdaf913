// Numbers and times as people read them. Pure; a value that is not known is shown as a dash.

export const kNothing = '–';

const known = (value) => typeof value === 'number' && Number.isFinite(value);

function digits(value, most) {
  return value.toLocaleString('en', {maximumFractionDigits: most});
}

// 1234567 → "1.2 M", 0.0123 → "0.0123".
export function number(value) {
  if (!known(value)) return kNothing;
  const size = Math.abs(value);
  if (size >= 1e9) return `${digits(value / 1e9, 1)} G`;
  if (size >= 1e6) return `${digits(value / 1e6, 1)} M`;
  if (size >= 1e4) return `${digits(value / 1e3, 1)} k`;
  if (size >= 100) return digits(value, 0);
  if (size >= 1) return digits(value, 1);
  return size === 0 ? '0' : String(Number(value.toPrecision(2)));
}

// 0.8415 → "84.2 %". What is not everything is never shown as 100 %.
export function percent(ratio) {
  if (!known(ratio)) return kNothing;
  const shown = Math.round(ratio * 1000) / 10;
  if (shown === 100 && ratio < 1) return '99.9 %';
  return `${digits(shown, 1)} %`;
}

// A short time: 0.00042 → "420 µs".
export function latency(seconds) {
  if (!known(seconds)) return kNothing;
  const three = (value) => digits(value, value < 9.95 ? 1 : 0);
  if (seconds === 0) return '0 s';
  if (seconds < 0.0009995) return `${three(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${three(seconds * 1e3)} ms`;
  return seconds < 120 ? `${three(seconds)} s` : duration(seconds);
}

const kUnits = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];

// A long time, in its two largest units: 3725 → "1 h 2 min".
export function duration(seconds) {
  if (!known(seconds)) return kNothing;
  const whole = Math.max(0, Math.floor(seconds));
  const at = kUnits.findIndex(([, size]) => whole >= size);
  if (at < 0) return '0 s';
  const [unit, size] = kUnits[at];
  const first = `${Math.floor(whole / size)} ${unit}`;
  if (at === kUnits.length - 1) return first;
  const [lesser, lesserSize] = kUnits[at + 1];
  const rest = Math.floor((whole % size) / lesserSize);
  return rest === 0 || (unit === 'min' && whole >= 600) ? first : `${first} ${rest} ${lesser}`;
}

export function bytes(value) {
  if (!known(value)) return kNothing;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let size = value;
  for (; Math.abs(size) >= 1024 && at < units.length - 1; ++at) size /= 1024;
  return `${digits(size, size < 10 ? 1 : 0)} ${units[at]}`;
}

const two = (value) => String(value).padStart(2, '0');

// Milliseconds since 1970 as the time of day here; with the date if that is not the day of `now`.
export function clock(time, now) {
  if (!known(time)) return kNothing;
  const there = new Date(time);
  const text = `${two(there.getHours())}:${two(there.getMinutes())}:${two(there.getSeconds())}`;
  if (there.toDateString() === new Date(now).toDateString()) return text;
  return `${there.getFullYear()}-${two(there.getMonth() + 1)}-${two(there.getDate())} ${text}`;
}

// 1, "alert" → "1 alert"; 2, "alert" → "2 alerts".
export function plural(count, word) {
  return `${digits(count, 0)} ${word}${count === 1 ? '' : 's'}`;
}

// { a: "b" } → `a="b"`, without the labels named in `except`.
export function labelText(labels, except = []) {
  return Object.entries(labels)
      .filter(([name]) => !except.includes(name))
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(', ');
}
