// A task's page while the task goes on: lines of the log as they are written, and state, steps and
// outputs anew when something about them changed. Without this the page has a link to refresh.
const log = document.querySelector('[data-stream]');
const state = document.querySelector('[data-live]');
const MOST_LINES = 5000;

if (log && state) {
  const list = log.querySelector('ol');
  const follow = document.querySelector('[data-follow]');
  const said = document.querySelector('#log-said');
  let count = list.children.length;
  let waiting = false;
  follow.hidden = false;

  const line = event => {
    const { level, time, message } = JSON.parse(event.data);
    const item = document.createElement('li');
    if (level) item.dataset.l = level;
    const at = document.createElement('time');
    at.textContent = time;
    const text = document.createElement('span');
    text.textContent = message;
    item.append(at, text);
    list.append(item);
    count++;
    // The whole of a long log is for the download.
    while (list.children.length > MOST_LINES) list.firstElementChild.remove();
    said.textContent = list.children.length < count
      ? `The last ${list.children.length} of ${count} lines.` : `${count} lines.`;
    if (follow.querySelector('input').checked) log.scrollTop = log.scrollHeight;
  };

  const look = async () => {
    if (waiting) return;
    waiting = true;
    // Several changes at once need one look.
    await new Promise(done => setTimeout(done, 200));
    waiting = false;
    const answer = await fetch(state.dataset.live + '/state');
    if (!answer.ok) return;
    const text = await answer.text();
    const focused = document.activeElement?.closest('form')?.action;
    const typed = [...state.querySelectorAll('textarea')].map(field => [field.id, field.value, field === document.activeElement]);
    state.innerHTML = text;
    if (focused) [...state.querySelectorAll('form')].find(form => form.action === focused)?.querySelector('button').focus();
    // Nobody loses half an answer because a step went on.
    for (const [id, value, active] of typed) {
      const field = document.getElementById(id);
      if (!field) continue;
      field.value = value;
      if (active) field.focus();
    }
  };

  const stream = new EventSource(log.dataset.stream);
  stream.addEventListener('line', line);
  stream.addEventListener('changed', look);
  // A stream that has ended with its task would be asked for again and again.
  stream.addEventListener('error', async () => {
    await look();
    if (!state.querySelector('#task-cells [data-s="run"], #task-cells [data-s="wait"]')) stream.close();
  });
  addEventListener('pagehide', () => stream.close());
}
