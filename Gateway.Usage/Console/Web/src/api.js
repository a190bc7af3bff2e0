import { find } from './dom.js';

/** What the gateway refused, in its own words. */
export class Refused extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function token() {
  return document.cookie.match(/(?:^|; )(?:__Host-)?gateway-csrf=([^;]*)/)?.[1] ?? '';
}

export function signIn() {
  location.assign(`/console/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** Calls the gateway as the operator who is signed in. Background calls do not keep the session alive. */
export async function send(path, { method = 'GET', body, text, background = false, signal, headers: more = {} } = {}) {
  const headers = { ...more, 'x-gateway-csrf': token() };
  if (background) {
    headers['x-gateway-background'] = '1';
  }
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
  } else if (text !== undefined) {
    headers['content-type'] = 'application/yaml';
  }
  const response = await fetch(path, { method, headers, body: body === undefined ? text : JSON.stringify(body), cache: 'no-store', signal });
  if (response.status === 401 && path !== '/console/sign-in') {
    signIn();
    throw new Refused(401, 'The session is over.', 'session_over');
  }
  return response;
}

export async function call(path, options) {
  const response = await send(path, options);
  if (!response.ok) {
    throw await refusal(response);
  }
  return response.status === 204 ? null : response.json();
}

export async function refusal(response) {
  const error = (await response.json().catch(() => null))?.error;
  return new Refused(response.status, error?.message ?? `The gateway answered ${response.status}.`, error?.code);
}

/** Does something, and says at the top of the page what went wrong. */
export async function attempt(work) {
  const problem = find('#problem');
  try {
    const result = await work();
    problem.hidden = true;
    return result;
  } catch (error) {
    if (error.name !== 'AbortError' && error.code !== 'session_over') {
      problem.textContent = error instanceof TypeError ? 'The gateway does not answer. Is it running?' : error.message;
      problem.hidden = false;
    }
    return undefined;
  }
}

/** Repeats something while the page can be seen. The first time is the caller's. */
export function everySeconds(seconds, work) {
  setInterval(() => {
    if (!document.hidden) {
      work();
    }
  }, seconds * 1000);
}

/** Asks the server for this very page again and puts the new parts in the place of the old ones. */
export async function renew(...selectors) {
  const response = await send(location.pathname + location.search, { background: true });
  if (response.redirected && new URL(response.url).pathname === '/console/sign-in') {
    signIn();
    return false;
  }
  if (!response.ok) {
    return false;
  }
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const selector of selectors) {
    const [old, fresh] = [find(selector), find(selector, page)];
    if (old && fresh) {
      old.replaceWith(document.adoptNode(fresh));
    }
  }
  return true;
}
