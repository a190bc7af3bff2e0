import { attempt, call } from './api.js';
import { configuration } from './configuration.js';
import { find, localTimes } from './dom.js';
import { explainPage } from './explain.js';
import { keys } from './keys.js';
import { models } from './models.js';
import { overview } from './overview.js';
import { playground } from './playground.js';
import { request } from './request.js';
import { requests } from './requests.js';
import { signInPage } from './sign-in.js';

const pages = { overview, requests, request, models, keys, explain: explainPage, playground, configuration, 'sign-in': signInPage };
const themes = ['auto', 'light', 'dark'];
const themeNames = { auto: ['Auto', 'Colours: as the system'], light: ['Light', 'Colours: light'], dark: ['Dark', 'Colours: dark'] };

function showTheme(name) {
  if (name === 'auto') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = name;
  }
  const [text, label] = themeNames[name];
  const switcher = find('#theme');
  switcher.textContent = text;
  switcher.setAttribute('aria-label', label);
}

function frame() {
  const stored = () => themes.includes(localStorage.getItem('gateway-theme')) ? localStorage.getItem('gateway-theme') : 'auto';
  showTheme(stored());
  find('#theme').addEventListener('click', () => {
    const name = themes[(themes.indexOf(stored()) + 1) % themes.length];
    localStorage.setItem('gateway-theme', name);
    showTheme(name);
    dispatchEvent(new Event('gateway-theme'));
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('gateway-theme')));
  find('#leave').addEventListener('click', () => attempt(async () => {
    await call('/console/sign-out', { method: 'POST' });
    location.assign('/console/sign-in');
  }));
}

if (find('#theme')) {
  frame();
}
localTimes();
pages[find('#main').dataset.page]?.();
