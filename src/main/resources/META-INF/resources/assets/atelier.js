// Progressive enhancement only: every page works without this file.
const root = document.documentElement;
const $ = (selector, scope = document) => scope.querySelector(selector);

const isDark = () =>
  (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';

function toggleTheme() {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  try { localStorage.setItem('theme', root.dataset.theme); } catch { /* storage is blocked */ }
}

export function toast(text) {
  const toasts = $('#toasts'), item = document.createElement('div');
  item.className = 'toast';
  item.textContent = text;
  toasts.append(item);
  setTimeout(() => item.remove(), 4000);
}

async function copy(selector) {
  const source = $(selector);
  try {
    await navigator.clipboard.writeText(source.innerText);
    toast('Copied');
  } catch {
    getSelection().selectAllChildren(source);
    toast('Selected: press Ctrl+C to copy');
  }
}

// Command palette: a combobox whose options are links; arrows move, Enter opens.
const palette = $('#palette');
const options = () => [...palette.querySelectorAll('[role=option]')];

function openPalette() {
  if (palette.open) return;
  palette.showModal();
  const input = $('input', palette);
  input.select();
  input.dispatchEvent(new Event('palette-open', { bubbles: true }));
}

function select(option) {
  for (const other of options()) other.ariaSelected = String(other === option);
  option?.scrollIntoView({ block: 'nearest' });
  const input = $('input', palette);
  if (option?.id) input.setAttribute('aria-activedescendant', option.id);
  else input.removeAttribute('aria-activedescendant');
}

palette?.addEventListener('keydown', event => {
  const all = options(), at = all.findIndex(o => o.ariaSelected === 'true');
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    if (all.length) select(all[(at + (event.key === 'ArrowDown' ? 1 : all.length - 1) + (at < 0 && event.key === 'ArrowUp' ? 1 : 0)) % all.length]);
  } else if (event.key === 'Enter') {
    const chosen = all[at] ?? all[0];
    if (chosen?.dataset.href) { event.preventDefault(); location.assign(chosen.dataset.href); }
  }
});
palette?.addEventListener('click', event => {
  const option = event.target.closest('[role=option]');
  if (option?.dataset.href) location.assign(option.dataset.href);
  else if (event.target === palette) palette.close();
});
palette?.addEventListener('htmx:afterSwap', () => select(options()[0]));

document.addEventListener('click', event => {
  const element = event.target.closest('[data-theme-toggle],[data-menu],[data-palette],[data-copy]');
  if (!element) return;
  if ('themeToggle' in element.dataset) toggleTheme();
  if ('menu' in element.dataset) element.ariaExpanded = String(element.ariaExpanded !== 'true');
  if ('palette' in element.dataset) openPalette();
  if ('copy' in element.dataset) copy(element.dataset.copy);
});

const jumps = { h: '/', c: '/catalog', m: '/catalog?kind=model', e: '/experiments', p: '/catalog/problems', d: '/docs', n: '/notifications' };
let pressedG = 0; // "g" then a letter, within one second
document.addEventListener('keydown', event => {
  const typing = event.target.closest?.('input,textarea,select,[contenteditable]');
  if ((event.key === 'k' && (event.metaKey || event.ctrlKey)) || (event.key === '/' && !typing)) {
    event.preventDefault();
    return openPalette();
  }
  if (typing || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === 'g') { pressedG = Date.now(); return; }
  if (event.key === '?') return location.assign('/docs/shortcuts');
  if (jumps[event.key] && Date.now() - pressedG < 1000) location.assign(jumps[event.key]);
});

document.addEventListener('input', event => {
  if (event.target.type !== 'range') return;
  const output = $(`output[for="${event.target.id}"]`);
  if (output) output.value = event.target.value;
});

document.addEventListener('htmx:beforeRequest', event => event.detail.target?.setAttribute('aria-busy', 'true'));
document.addEventListener('htmx:afterRequest', event => event.detail.target?.removeAttribute('aria-busy'));
document.addEventListener('htmx:afterSettle', event => $('.error-summary[tabindex]', event.target)?.focus());
// The answer to a form may come out of sight, above a long form or below it on a phone.
document.addEventListener('htmx:afterSettle', event => {
  if (event.target.id !== 'outcome') return;
  const { top } = event.target.getBoundingClientRect();
  if (top < 0 || top > innerHeight * 0.6) event.target.scrollIntoView({ block: 'start' });
});
document.addEventListener('htmx:responseError', event => {
  const text = new DOMParser().parseFromString(event.detail.xhr.responseText, 'text/html').body.textContent.trim();
  toast(text || `The portal answered ${event.detail.xhr.status}.`);
});
document.addEventListener('htmx:sendError', () => toast('The portal cannot be reached. What you typed is still here.'));

// How many rows are chosen, said beside what can be done with them.
document.addEventListener('change', event => {
  const said = event.target.matches?.('input[type=checkbox]') && event.target.form && $('[data-selected]', event.target.form);
  if (!said) return;
  const count = event.target.form.querySelectorAll(`input[name=${event.target.name}]:checked`).length;
  said.textContent = `${count} ${count === 1 ? 'run' : 'runs'} selected`;
});

// MLflow's clients print the addresses of its own pages: /#/experiments/1/runs/….
if (location.pathname === '/' && location.hash.startsWith('#/experiments')) location.replace(location.hash.slice(1));

// A star's request answers nothing: it is given, or taken away, and the button says so.
document.addEventListener('htmx:afterRequest', event => {
  const star = event.target.closest?.('.star');
  if (!star || !event.detail.successful) return;
  const given = star.name === 'star';
  star.name = given ? 'unstar' : 'star';
  star.ariaPressed = String(given);
});

// The bell. A window out of sight keeps no connection; looked at again, it goes on where it was.
let stream, lastNews = '';

function ring(event) {
  lastNews = event.lastEventId;
  const { unread, news } = JSON.parse(event.data);
  const bell = $('#bell'), badge = $('.badge', bell), count = unread > 99 ? '99+' : String(unread);
  badge.hidden = unread === 0;
  badge.textContent = unread === 0 ? '' : count;
  $('.sr', bell).textContent = unread === 0 ? 'Notifications' : `Notifications, ${count} unread`;
  for (const one of news.slice(0, 3)) toast(one.text);
  const list = $('#news');
  if (list && news.length && !list.contains(document.activeElement)) htmx.trigger(list, 'news');
}

function listen() {
  if (document.hidden) return hangUp();
  if (stream) return;
  stream = new EventSource('/notifications/stream' + (lastNews && `?after=${lastNews}`));
  stream.addEventListener('news', ring);
}

function hangUp() {
  stream?.close();
  stream = undefined;
}

if ($('#bell')) {
  document.addEventListener('visibilitychange', listen);
  addEventListener('pageshow', listen);
  addEventListener('pagehide', hangUp);
  listen();
}
// The button that was pressed is gone with its row.
document.addEventListener('htmx:afterSettle', event => {
  if (event.target.id === 'news' && document.activeElement === document.body) event.target.focus();
});
