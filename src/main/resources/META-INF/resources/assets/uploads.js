// Pictures and recordings on Try it: drop, paste, preview. The plain file control works without it.
const $ = (selector, scope = document) => scope.querySelector(selector);

function show(drop) {
  const file = $('input[type=file]', drop).files[0], preview = $('[data-preview]', drop);
  if (!file) return;
  if (preview.dataset.url) URL.revokeObjectURL(preview.dataset.url);
  preview.src = preview.dataset.url = URL.createObjectURL(file);
  preview.hidden = false;
  $('input[type=hidden]', drop)?.remove();
}

function take(drop, files) {
  const wanted = [...files].find(file => file.type.startsWith(drop.dataset.drop + '/'));
  if (!wanted) return false;
  const transfer = new DataTransfer();
  transfer.items.add(wanted);
  $('input[type=file]', drop).files = transfer.files;
  show(drop);
  return true;
}

const dropOf = event => event.target.closest?.('[data-drop]');

document.addEventListener('change', event => {
  const drop = dropOf(event);
  if (drop) show(drop);
});
document.addEventListener('dragover', event => {
  const drop = dropOf(event);
  if (!drop) return;
  event.preventDefault();
  drop.classList.add('over');
});
document.addEventListener('dragleave', event => dropOf(event)?.classList.remove('over'));
document.addEventListener('drop', event => {
  const drop = dropOf(event);
  if (!drop) return;
  event.preventDefault();
  drop.classList.remove('over');
  take(drop, event.dataTransfer.files);
});
document.addEventListener('paste', event => {
  const drop = $('[data-drop]');
  if (drop && event.clipboardData.files.length && take(drop, event.clipboardData.files)) event.preventDefault();
});
