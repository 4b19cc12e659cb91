// Questions that depend on an answer: the server is asked when that answer changes, and the button
// that does the same without a script is not needed.
const form = document.querySelector('#questions');
const look = form?.querySelector('[name="_look"]');

if (look) {
  look.hidden = true;
  form.addEventListener('change', event => {
    if (event.target.matches('[data-asks]')) ask(event.target);
  });
  // What was chosen before this script ran, or kept by the browser over a reload.
  const early = [...form.querySelectorAll('[data-asks]')].find(isChanged);
  if (early) ask(early);
}

/** Whether a field differs from what the server has drawn. */
function isChanged(field) {
  if (field.matches('select')) {
    const options = [...field.options];
    const drawn = Math.max(0, options.findIndex(option => option.defaultSelected));
    return field.selectedIndex !== drawn;
  }
  return field.matches('[type=checkbox],[type=radio]')
    ? field.checked !== field.defaultChecked
    : field.value !== field.defaultValue;
}

/** Draws the questions anew, for the answers as they are. */
async function ask(asked) {
  // Files stay here until the form is sent.
  const typed = [...new FormData(form)].filter(([, value]) => typeof value === 'string');
  const body = new URLSearchParams(typed);
  body.set('_look', '1');
  const answer = await fetch(form.dataset.look ?? form.action, { method: 'POST', body });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.querySelector('#questions > .body');
  // What was typed meanwhile is kept, and so is the place.
  for (const field of [...form.elements]) {
    const twin = field.id && fresh.querySelector('#' + CSS.escape(field.id));
    if (twin && field.type === 'file') twin.replaceWith(field);
    else if (twin && !field.matches('[type=checkbox],[type=radio]')) twin.value = field.value;
  }
  form.querySelector('.body').replaceWith(document.adoptNode(fresh));
  [...form.elements].find(one => one.name === asked.name && one.value === asked.value)?.focus();
}
