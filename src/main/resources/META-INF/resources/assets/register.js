// The register form with a progress bar; without this file it is an ordinary form.
const form = document.getElementById('register');
const find = name => form.querySelector(`[data-${name}]`);
const input = document.getElementById('file');
const drop = find('drop'), list = find('chosen'), progress = find('progress');
const size = n => n < 1e3 ? `${n} bytes` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;
const say = text => { find('announce').textContent = text; };
let sending = null;

function show() {
  const files = [...input.files];
  list.hidden = files.length === 0;
  list.replaceChildren(...files.map(file => {
    const item = document.createElement('li'), text = document.createElement('div');
    const title = document.createElement('h3'), meta = document.createElement('p');
    title.className = 'mono small';
    title.textContent = file.name;
    meta.textContent = size(file.size);
    text.append(title, meta);
    item.append(text);
    return item;
  }));
  if (files.length) say(`${files.length} ${files.length === 1 ? 'file' : 'files'} chosen`);
}

function refuse(detail, errors = []) {
  const box = document.getElementById('refused');
  box.hidden = false;
  find('detail').textContent = detail;
  find('errors').replaceChildren(...errors.map(error => {
    const item = document.createElement('li');
    item.textContent = `${error.name}: ${error.reason}`;
    return item;
  }));
  box.querySelector('.error-summary').focus();
}

function finish() {
  progress.hidden = true;
  form.querySelector('button[type=submit]').disabled = false;
  sending = null;
}

function answered(request) {
  finish();
  let body = null;
  try { body = JSON.parse(request.responseText); } catch { /* not ours: said below */ }
  if (request.status === 201 && body) {
    location.assign(`/models/${encodeURIComponent(body.name)}/versions/${body.version}`);
  } else {
    refuse(body?.detail ?? `The portal answered ${request.status || 'nothing'}. Nothing was kept.`, body?.errors ?? []);
  }
}

function send(event) {
  event.preventDefault();
  if (sending) return;
  const large = [...input.files].filter(file => file.size > Number(form.dataset.most));
  if (large.length) {
    refuse(`A file has at most ${size(Number(form.dataset.most))}. Nothing was sent.`, large.map(file => ({ name: file.name, reason: `has ${size(file.size)}` })));
    return;
  }
  document.getElementById('refused').hidden = true;
  const fields = new FormData(form), data = new FormData(), parameters = {};
  for (const name of ['owner', 'license', 'description']) if (fields.get(name)?.trim()) parameters[name] = fields.get(name).trim();
  if (fields.get('alias')?.trim()) parameters.aliases = [fields.get('alias').trim()];
  data.append('parameters', JSON.stringify(parameters));
  if (fields.get('card')?.trim()) data.append('card', fields.get('card'));
  for (const file of input.files) data.append('file', file, file.webkitRelativePath || file.name);
  const request = sending = new XMLHttpRequest(), begun = performance.now();
  const bar = progress.querySelector('.fl'), said = find('said');
  let quarter = 0;
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    const share = total ? loaded / total : 0, rate = loaded / (performance.now() - begun) * 1e3;
    bar.setAttribute('width', `${(share * 100).toFixed(1)}%`);
    said.textContent = loaded < total ? `${size(loaded)} of ${size(total)}, ${size(rate)} a second` : 'All there. Scanning …';
    const now = Math.floor(share * 4);
    if (now > quarter) say(`${now * 25} percent sent`);
    quarter = Math.max(quarter, now);
  });
  request.addEventListener('load', () => answered(request));
  request.addEventListener('error', () => { finish(); refuse('The connection broke. Nothing was kept. Your files are still chosen: send them again.'); });
  request.open('POST', `/api/v1/models/${encodeURIComponent(fields.get('name').trim())}/versions`);
  request.setRequestHeader('Accept', 'application/json');
  // Sent again after a broken connection, it is the same registration.
  form.dataset.key ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  request.setRequestHeader('Idempotency-Key', form.dataset.key);
  progress.hidden = false;
  form.querySelector('button[type=submit]').disabled = true;
  request.send(data);
}

form.addEventListener('submit', send);
form.addEventListener('input', () => { delete form.dataset.key; });
input.addEventListener('change', show);
for (const type of ['dragenter', 'dragover']) drop.addEventListener(type, event => { event.preventDefault(); drop.classList.add('over'); });
for (const type of ['dragleave', 'drop']) drop.addEventListener(type, () => drop.classList.remove('over'));
drop.addEventListener('drop', event => {
  event.preventDefault();
  if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
});
addEventListener('beforeunload', event => { if (sending) event.preventDefault(); });
