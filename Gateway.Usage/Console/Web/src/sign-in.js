import { call } from './api.js';
import { find } from './dom.js';

/** Only pages of the console are gone on to. */
function next() {
  const asked = new URLSearchParams(location.search).get('next') ?? '/console';
  return /^\/console(?:[/?]|$)/.test(asked) && !asked.startsWith('/console/sign-in') ? asked : '/console';
}

export function signInPage() {
  const problem = find('#problem');
  find('#door').addEventListener('submit', async event => {
    event.preventDefault();
    const field = find('#key');
    try {
      await call('/console/sign-in', { method: 'POST', body: { key: field.value.trim() } });
      location.replace(next());
    } catch (error) {
      problem.textContent = error.status === 401 ? 'This is not the admin key of this gateway.' : error instanceof TypeError ? 'The gateway does not answer. Is it running?' : error.message;
      problem.hidden = false;
      field.select();
    }
  });
  // A link from elsewhere comes without the cookie, though its reader may be signed in.
  if (/gateway-csrf=/.test(document.cookie)) {
    fetch('/console/session').then(response => response.ok && location.replace(next())).catch(() => {});
  }
}
