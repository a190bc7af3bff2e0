// Drives the console of a running gateway as an operator does. One line of JSON for each check; pictures where SHOTS says.
import { mkdir } from 'node:fs/promises';
import puppeteer from 'puppeteer-core';

const { GATEWAY_URL: url, GATEWAY_ADMIN_KEY: adminKey, GATEWAY_KEY: key, CHROMIUM: executablePath, SHOTS: shots } = process.env;
const model = process.env.MODEL ?? 'gpt-4o-mini';
const pages = { overview: '/console', requests: '/console/requests', models: '/console/models', keys: '/console/keys', explain: '/console/explain', playground: '/console/playground', configuration: '/console/configuration' };
const phone = { width: 390, height: 800, isMobile: true, hasTouch: true, deviceScaleFactor: 1 };
const desk = { width: 1360, height: 860, deviceScaleFactor: 1 };

if (shots) {
  await mkdir(shots, { recursive: true });
}
const browser = await puppeteer.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu', '--no-proxy-server'] });
const page = await browser.newPage();
page.setDefaultTimeout(60_000);
await page.setViewport(desk);
await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);

const wrong = [];    // what the browser complained of
const elsewhere = [];    // what was asked of other hosts
let expected = 0;    // status that the next failing answer may have
page.on('pageerror', error => wrong.push(String(error)));
page.on('console', message => message.type() === 'error' && !(expected && message.text().includes(String(expected))) && wrong.push(`${message.text()} ${message.location().url ?? ''}`));
page.on('request', request => !request.url().startsWith(url) && !/^(data|blob):/.test(request.url()) && elsewhere.push(request.url()));

async function check(name, work) {
  let failure = null;
  try {
    await work();
  } catch (error) {
    failure = String(error.message ?? error);
    if (shots) {
      await page.screenshot({ path: `${shots}/failed-${name.replaceAll(/\W+/g, '-')}.png` }).catch(() => {});
    }
  }
  console.log(JSON.stringify({ check: name, failure }));
}

/** What the browser complains of comes a moment later. */
async function settle() {
  await new Promise(resolve => setTimeout(resolve, 300));
  expected = 0;
}

function same(actual, wanted, what) {
  if (actual !== wanted) {
    throw new Error(`${what}: ${actual}, not ${wanted}`);
  }
}

function holds(condition, what) {
  if (!condition) {
    throw new Error(what);
  }
}

const open = (path, wait = 'networkidle0') => page.goto(url + path, { waitUntil: wait });
const text = selector => page.$eval(selector, element => element.textContent.trim());
const shot = name => shots && page.screenshot({ path: `${shots}/${name}.png` });
const filled = selector => page.waitForFunction(chosen => document.querySelector(chosen) && !document.querySelector(chosen).hasAttribute('aria-busy'), {}, selector);
const path = () => new URL(page.url()).pathname;

async function put(selector, value) {
  await page.$eval(selector, (field, given) => {
    field.value = given;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }, value);
}

async function pressButton(within, label) {
  const handle = await page.evaluateHandle((root, wanted) => [...document.querySelectorAll(`${root} button`)].find(button => button.textContent.trim() === wanted), within, label);
  holds(handle.asElement(), `there is no button '${label}' in ${within}`);
  await handle.asElement().evaluate(button => button.click());
}

/** Asks once with a key of its own that keeps so much of the content. Returns the request's id when both its record and its content can be read. */
async function ask(level, stream, content) {
  const admin = (path, options) => fetch(`${url}/admin/v1/${path}`, { ...options, headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' } });
  const made = await (await admin('keys', { method: 'POST', body: JSON.stringify({ models: ['*'], capture: level }) })).json();
  const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${made.secret}`, 'content-type': 'application/json' }, body: JSON.stringify({ model, stream, messages: [{ role: 'user', content }] }) });
  same(answer.status, 200, await answer.text());
  const id = answer.headers.get('x-gateway-request-id');
  const isThere = async () => (await admin(`requests/${id}`)).ok && (await (await admin(`requests/${id}/content`)).json()).level === level;
  for (let i = 0; !(await isThere()); i++) {
    holds(i < 300, `nothing is known of the request with ${level}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  await admin(`keys/${made.id}`, { method: 'DELETE' });
  return id;
}

/** Everything that can be typed into or pressed has a name; one heading; nothing wider than the window. */
async function inspect(name) {
  // Not the window's own width: a phone's grows with what does not fit, and the page is shown smaller.
  const found = await page.evaluate(width => {
    const named = element => element.labels?.length || element.getAttribute('aria-label') || element.getAttribute('aria-labelledby') || element.textContent.trim() || element.type === 'hidden';
    return {
      nameless: [...document.querySelectorAll('input, select, textarea, button, a, nav, dialog, [role=region]')].filter(element => !named(element)).map(element => element.outerHTML.slice(0, 90)),
      images: [...document.querySelectorAll('img:not([alt]), svg[role=img]:not([aria-label])')].length,
      headings: document.querySelectorAll('h1').length,
      main: document.querySelectorAll('main').length,
      language: document.documentElement.lang,
      wide: document.documentElement.scrollWidth - width,
    };
  }, page.viewport().width);
  same(found.nameless.join(' | '), '', `${name}: controls without a name`);
  same(found.images, 0, `${name}: pictures without a text`);
  same(found.headings, 1, `${name}: headings of the first level`);
  same(found.main, 1, `${name}: main`);
  same(found.language, 'en', `${name}: language`);
  holds(found.wide <= 0, `${name}: the page is ${found.wide} px wider than the window`);
}

await check('a page without a session leads to the sign-in', async () => {
  await open('/console/requests?key=demo');
  same(path(), '/console/sign-in', 'page');
  await inspect('sign-in');
  await shot('sign-in');
});

await check('a wrong key is told so', async () => {
  expected = 401;
  await page.type('#key', 'wrong');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#problem:not([hidden])');
  same(await text('#problem'), 'This is not the admin key of this gateway.', 'message');
  same((await page.cookies()).length, 0, 'cookies');
  await settle();
});

await check('the right key signs in and goes on to the page that was asked for', async () => {
  await put('#key', '');
  await page.type('#key', adminKey);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  same(path() + new URL(page.url()).search, '/console/requests?key=demo', 'page');
  const cookies = await page.cookies();
  const session = cookies.find(cookie => cookie.name.endsWith('gateway-session'));
  holds(session?.httpOnly, 'the cookie of the session can be read by scripts');
  same(session.sameSite, 'Strict', 'SameSite');
});

await check('the playground streams, and shows cost and headers', async () => {
  await open(pages.playground);
  await page.type('[name=key]', key);
  await put('[name=key]', key);
  await page.waitForFunction(() => document.querySelectorAll('#known-models option').length > 0);
  await page.type('[name=model]', model);
  await page.type('[name=message]', 'Say something nice about gateways.');
  await pressButton('#ask', 'Send');
  await page.waitForFunction(() => document.querySelector('#text').textContent.length > 5);
  await page.waitForFunction(() => /\$0\.0*[1-9]/.test(document.querySelector('#figures').textContent));
  holds((await text('#headers')).includes('x-gateway-request-id'), 'the headers are not shown');
  same(await page.evaluate(given => JSON.stringify(localStorage).includes(given) || JSON.stringify(sessionStorage).includes(given) || document.cookie.includes(given), key), false, 'the key is stored');
  await shot('playground');
});

await check('a wrong virtual key in the playground is told so, and nobody is signed out', async () => {
  expected = 401;
  await put('[name=key]', 'nonsense');
  await pressButton('#ask', 'Send');
  await page.waitForSelector('#problem:not([hidden])');
  same(path(), pages.playground, 'page');
  await settle();
});

await check('the first page is smaller than 300 KB', async () => {
  await page.setCacheEnabled(false);
  const bodies = [];
  const add = response => bodies.push(response.buffer().then(body => body.length, () => 0));
  page.on('response', add);
  await open(pages.overview);
  page.off('response', add);
  await page.setCacheEnabled(true);
  const bytes = (await Promise.all(bodies)).reduce((sum, length) => sum + length, 0);
  holds(bytes > 20_000 && bytes < 300_000, `${bytes} bytes`);
});

await check('the overview draws its charts', async () => {
  holds((await page.$$('.plot canvas')).length >= 5, 'charts are missing');
  same(await text('.figure:nth-child(2) span'), 'Requests', 'figure');
  await shot('overview');
  await page.evaluate(() => [...document.querySelectorAll('.choice a')].find(link => link.textContent.trim() === '30 days').click());
  await page.waitForFunction(() => location.search === '?span=30d' && document.querySelectorAll('.plot canvas').length >= 5);
});

await check('requests can be filtered, and one is a waterfall', async () => {
  await open(pages.requests);
  await put('[name=key]', 'demo');
  await Promise.all([page.waitForNavigation(), pressButton('form.filters', 'Filter')]);
  same(new URL(page.url()).search, '?key=demo', 'address');
  holds((await page.$$('#list tbody time')).length > 0, 'no request of the key');
  await shot('requests');
  await put('[name=key]', 'nobody-has-this');
  await Promise.all([page.waitForNavigation(), pressButton('form.filters', 'Filter')]);
  holds((await text('#list')).includes('No request fits these filters'), 'an empty list does not say why');
  await open(`${pages.requests}?status=2xx`);
  // One that was asked twice, if there is one on the page.
  await Promise.all([page.waitForNavigation(), page.$$eval('#list tbody tr', rows => (rows.find(row => row.lastElementChild.textContent === '2') ?? rows[0]).querySelector('a').click())]);
  holds((await page.$$('.waterfall rect.call')).length > 0, 'no waterfall');
  await inspect('one request');
  await shot('request');
});

for (const [level, stream, shown, hidden] of [
  ['full', false, 'Tell jane@example.com the word sesame.', '[email]'],
  ['redacted', true, 'Tell [email] the word sesame.', 'jane@example.com'],
  ['metadata', false, '"messages": 1', 'sesame'],
]) {
  await check(`the content that was kept with ${level} is shown on a click`, async () => {
    const id = await ask(level, stream, '[sim echo] Tell jane@example.com the word sesame.');
    await open(`${pages.requests}/${id}`);
    holds(!(await page.content()).includes('sesame'), 'content is in the page before anybody asked for it');
    await pressButton('#content', 'Show content');
    await page.waitForSelector('#content h3');
    const content = await text('#content');
    const parts = await page.$$eval('#content h3', titles => titles.map(title => title.firstChild.textContent.trim()).join());
    same(parts, 'Request,Answer', 'parts');
    same(await text('#content .pill'), level, 'level');
    holds(content.includes(shown), `'${shown}' is not shown: ${content}`);
    holds(!content.includes(hidden), `'${hidden}' is shown: ${content}`);
    await inspect('one request with content');
    await page.$eval('#content', card => card.scrollIntoView());
    await shot(`request-content-${level}`);
    await page.setViewport(phone);    // which loads the page again
    await open(`${pages.requests}/${id}`);
    await pressButton('#content', 'Show content');
    await page.waitForSelector('#content h3');
    await inspect('one request with content (phone)');
    await page.$eval('#content', card => card.scrollIntoView());
    await shot(`phone-request-content-${level}`);
    await page.setViewport(desk);
  });
}

await check('a request of which nothing was kept says so, and the browser complains of nothing', async () => {
  const before = wrong.length;
  await open(`${pages.requests}/${await ask('none', false, 'hello')}`);
  await pressButton('#content', 'Show content');
  await page.waitForSelector('#content [role=status]');
  holds((await text('#content')).startsWith('No content of request'), `it does not say why: ${await text('#content')}`);
  holds((await page.$$('#problem:not([hidden]), #content button')).length === 0, 'it looks like a mistake');
  await settle();
  same(wrong.slice(before).join(' | '), '', 'complaints');
  await shot('request-content-none');
});

await check('the list follows the tail', async () => {
  await open(pages.requests, 'domcontentloaded');
  await page.waitForSelector('#live:not(:disabled)');
  await page.click('#live');
  const before = await page.$eval('#list tbody a', link => link.href);
  await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ model, messages: [{ role: 'user', content: 'news' }] }) });
  await page.waitForFunction(old => document.querySelector('#list tbody a')?.href !== old, {}, before);
  await page.click('#live');
  await settle();
});

await check('models show their deployments', async () => {
  await open(pages.models);
  await filled('#deployments tbody');
  holds((await page.$$('#deployments tbody tr')).length > 0 && (await text('#deployments')).includes('healthy'), 'no healthy deployment');
  await shot('models');
});

await check('a key is made, shown once, disabled, enabled and deleted', async () => {
  const id = `browser-${Date.now().toString(36)}`;
  const state = () => page.$eval(`tr[data-id="${id}"] .pill`, pill => pill.textContent);
  await open(pages.keys);
  await filled('#keys tbody');
  await page.click('#create');
  await page.type('#editor [name=id]', id);
  await page.type('#editor [name=requests_per_minute]', '60');
  await page.type('#editor [name=usd]', '2.5');
  await shot('key-new');
  await pressButton('#editor', 'Save');
  await page.waitForSelector('#secret[open]');
  const secret = await page.$eval('#secret-text', field => field.value);
  holds(/^gw_/.test(secret), 'no secret');
  await pressButton('#secret', 'Done');
  await page.waitForFunction(() => document.querySelector('#secret-text').value === '');    // nothing of it is left
  same(await state(), 'active', 'state');
  holds((await text(`tr[data-id="${id}"]`)).includes('60 requests/min') && (await text(`tr[data-id="${id}"]`)).includes('$2.5 a month'), 'limits and budget are not shown');
  await shot('keys');
  const use = () => fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } }).then(response => response.status);
  same(await use(), 200, 'status of the new key');
  await pressButton(`tr[data-id="${id}"]`, 'Left');
  await page.waitForSelector('#standing[open] td');
  holds((await text('#standing')).includes('60 in all'), `what is left is not shown: ${await text('#standing')}`);
  await pressButton('#standing', 'Close');
  await pressButton(`tr[data-id="${id}"]`, 'Edit');
  await put('#editor [name=requests_per_minute]', '90');
  await pressButton('#editor', 'Save');
  await page.waitForFunction(chosen => document.querySelector(chosen)?.textContent.includes('90 requests/min'), {}, `tr[data-id="${id}"]`);
  await pressButton(`tr[data-id="${id}"]`, 'Disable');
  await page.waitForFunction(chosen => document.querySelector(chosen)?.textContent === 'disabled', {}, `tr[data-id="${id}"] .pill`);
  holds(await use() >= 400, 'a disabled key is served');
  await pressButton(`tr[data-id="${id}"]`, 'Enable');
  await page.waitForFunction(chosen => document.querySelector(chosen)?.textContent === 'active', {}, `tr[data-id="${id}"] .pill`);
  await pressButton(`tr[data-id="${id}"]`, 'Delete');
  await pressButton('#sure', 'Delete');
  await page.waitForFunction(chosen => !document.querySelector(chosen), {}, `tr[data-id="${id}"]`);
});

await check('what is wrong with a key is said in the form', async () => {
  expected = 409;
  await page.click('#create');
  await put('#editor [name=id]', 'demo');
  await pressButton('#editor', 'Save');
  await page.waitForSelector('#editor-problem:not([hidden])');
  holds((await text('#editor-problem')).includes('demo'), 'it does not say which key is in the way');
  await pressButton('#editor', 'Cancel');
  await settle();
});

await check('a request is explained', async () => {
  await open(pages.explain);
  await put('[name=request]', JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }, null, 2));
  await pressButton('#question', 'Explain');
  await page.waitForSelector('#answer section');
  holds((await page.$$('#answer tbody tr')).length > 0, 'no candidates');
  await shot('explain');
  await put('[name=request]', '{');
  await pressButton('#question', 'Explain');
  await page.waitForSelector('#problem:not([hidden])');
  holds((await text('#problem')).includes('not valid JSON'), 'a broken body is not told');
});

await check('the configuration shows where each value is from, and checks a document', async () => {
  await open(pages.configuration);
  await filled('#settings tbody');
  await page.type('#choose [name=part]', 'admin_key');
  holds((await text('#settings tbody')).includes('GATEWAY_ADMIN_KEY'), 'the origin of the admin key is not shown');
  holds(!(await page.content()).includes(adminKey), 'the admin key is shown');
  await put('#choose [name=part]', '');
  await shot('configuration');
  await put('#check [name=document]', 'version: 1\nmodles: {}\n');
  await pressButton('#check', 'Check');
  await page.waitForSelector('#verdict table');
  holds((await text('#verdict')).includes('models'), 'the nearest name is not shown');
});

await check('the document is changed, compared and restored, and no secret is seen', async () => {
  const newest = () => page.$eval('#versions tbody tr', row => Number(row.dataset.version));
  const isNewest = number => page.waitForFunction(wanted => Number(document.querySelector('#versions tbody tr')?.dataset.version) === wanted, {}, number);
  await open(pages.configuration);
  await page.waitForFunction(() => document.querySelector('#check [name=document]').value.startsWith('version: 1') || document.querySelector('#check [name=document]').value.includes('\nversion: 1'));
  const first = await newest();
  const original = await page.$eval('#check [name=document]', area => area.value);
  holds(!original.includes(adminKey) && !original.includes(key), 'a secret is in the text');

  expected = 400;
  await put('#check [name=document]', `${original}\nmodles: {}\n`);
  await pressButton('#check', 'Save');
  await page.waitForSelector('#verdict table');
  holds((await text('#verdict')).includes('models'), 'what is wrong is not said');
  await page.click('#verdict tbody button');
  same(await page.$eval('#check [name=document]', area => area.value.slice(area.selectionStart, area.selectionEnd)), 'modles: {}', 'the line of the error');
  same(await newest(), first, 'the newest version');
  await settle();

  await put('#check [name=document]', `${original.trimEnd()}\n# Changed by an operator in größe 2.\n`);
  await put('#check [name=comment]', 'a remark – größer');
  await pressButton('#check', 'Save');
  await isNewest(first + 1);
  await page.waitForFunction(number => document.querySelector('#verdict').textContent.includes(`Version ${number} is in force`), {}, first + 1);
  const row = await text('#versions tbody tr');
  holds(row.includes('in force') && row.includes('by the console') && row.includes('a remark – größer'), `the version does not say how it came: ${row}`);
  await page.$eval('#versions', table => table.closest('section').scrollIntoView());
  await page.evaluate(() => scrollBy(0, -70));
  await shot('configuration-versions');

  await pressButton('#versions tbody tr', 'Changes');
  await page.waitForSelector('#version[open] .add');
  holds((await text('#version-text')).includes('+# Changed by an operator'), 'the change is not shown');
  await inspect('configuration with a dialog');
  await shot('configuration-changes');
  await pressButton('#version', 'Close');
  await pressButton('#versions tbody tr', 'View');
  await page.waitForFunction(() => document.querySelector('#version-text').textContent.includes('Changed by an operator'));
  holds(!(await page.content()).includes(adminKey), 'the admin key is shown');
  await pressButton('#version', 'Close');

  await pressButton(`tr[data-version="${first}"]`, 'Restore');
  await page.waitForSelector('#restore[open]');
  await put('#restore [name=comment]', 'back again');
  await pressButton('#restore', 'Restore');
  await isNewest(first + 2);
  await page.waitForFunction(wanted => document.querySelector('#check [name=document]').value === wanted, {}, original);
  holds((await text('#versions tbody tr')).includes('restored'), 'the version does not say that it was restored');
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await new Promise(resolve => setTimeout(resolve, 300));
  await shot('dark-configuration');
  await page.setViewport(phone);    // which loads the page again
  await open(pages.configuration);
  await filled('#versions tbody');
  await pressButton('#versions tbody tr', 'Changes');
  await page.waitForSelector('#version[open] .del');
  await inspect('configuration with a dialog (phone)');
  await shot('phone-dark-configuration-changes');
  await page.setViewport(desk);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
});

for (const [name, address] of Object.entries(pages)) {
  await check(`${name} is in order: names, headings, width of a desk and of a phone`, async () => {
    for (const [view, size] of Object.entries({ desk, phone })) {
      await page.setViewport(size);
      await open(address);
      await inspect(`${name} (${view})`);
      if (view === 'phone') {
        await shot(`phone-${name}`);
      }
    }
    await page.setViewport(desk);
  });
}

await check('dark: by the system, by the switch, and still after a reload', async () => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await open(pages.overview);
  const light = await ground();
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  holds(await ground() !== light, 'the system is not followed');
  await new Promise(resolve => setTimeout(resolve, 500));
  await shot('dark-overview');
  await page.click('#theme');
  same(await ground(), light, 'the switch to light');
  await page.click('#theme');
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await open(pages.keys);
  await filled('#keys tbody');
  holds(await ground() !== light, 'dark is forgotten');
  await shot('dark-keys');
  await page.click('#theme');
});

await check('the keyboard finds its way', async () => {
  await open(pages.overview);
  await page.keyboard.press('Tab');
  same(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page', 'first stop');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  same(await page.evaluate(() => document.activeElement.getAttribute('aria-current')), 'page', 'the navigation');
});

await check('signing out ends it', async () => {
  await Promise.all([page.waitForNavigation(), page.click('#leave')]);
  same(path(), '/console/sign-in', 'page');
  same((await page.cookies()).length, 0, 'cookies');
  await open(pages.keys);
  same(path(), '/console/sign-in', 'page after signing out');
});

await check('the browser complained of nothing', async () => same(wrong.join(' | '), '', 'complaints'));
await check('nothing was asked of another host', async () => same(elsewhere.join(' | '), '', 'requests'));
await browser.close();
