export const find = (selector, within = document) => within.querySelector(selector);

/** Makes an element; of its attributes those that are null or false are left out. Text is always text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? '' : value);
    }
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

export const cell = (content, kind, title) => make('td', { class: kind, title }, ...(Array.isArray(content) ? content : [content ?? '']));

export function button(text, act, kind = 'small') {
  const made = make('button', { type: 'button', class: kind }, text);
  made.addEventListener('click', act);
  return made;
}

export const pill = (text, kind) => make('span', { class: `pill ${kind}` }, text);

export function figure(name, value, note, kind) {
  return make('div', { class: 'card figure' }, make('span', {}, name), make('strong', { class: kind }, value), make('small', {}, note ?? ''));
}

export function emptyRow(columns, text) {
  return make('tr', {}, make('td', { colspan: columns, class: 'none' }, text));
}

/** Times are UTC where they are made; people read their own. */
export function localTimes(within = document) {
  for (const time of within.querySelectorAll('time[datetime]')) {
    time.title = `${time.dateTime.replace('T', ' ').replace(/\.\d+Z$/, '')} UTC`;
    time.textContent = when(time.dateTime);
  }
}

const clock = new Intl.DateTimeFormat('en-GB', { month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
export const when = time => clock.format(new Date(time));

const whole = new Intl.NumberFormat('en');
export const count = value => value === null || value === undefined ? '–' : whole.format(value);
export const milliseconds = value => value === null || value === undefined || value < 0 ? '–' : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;

/** Nano-USD, as text: what is counted in integers is never made a fraction of two. */
export function dollars(nano) {
  const digits = BigInt(nano).toString().replace('-', '').padStart(10, '0');
  const fraction = digits.slice(-9);
  const dollar = digits.slice(0, -9).replace(/\B(?=(\d{3})+$)/g, ',');
  const shown = dollar !== '0' || nano === 0 ? 2 : nano >= 10_000_000 ? 4 : nano >= 100_000 ? 6 : 9;
  return `${nano < 0 ? '−' : ''}$${dollar}.${fraction.slice(0, shown)}`;
}
