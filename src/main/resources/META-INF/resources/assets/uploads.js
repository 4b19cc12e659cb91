// Pictures and recordings on Try it: drop, paste, draw, preview. The plain file control works without it.
const $ = (selector, scope = document) => scope.querySelector(selector);
const MOST = 10 * 1024 * 1024;

const complain = (drop, text) => { $('[data-complaint]', drop).textContent = text; };

// What cannot be taken is refused here, before ten megabytes are sent for nothing; the server checks again.
function wrong(drop, file) {
  if (!file.type.startsWith(drop.dataset.drop + '/')) {
    return `“${file.name}” is no ${drop.dataset.drop === 'image' ? 'picture: choose PNG, JPEG, WebP, GIF or BMP' : 'recording: choose WAV'}.`;
  }
  return file.size > MOST ? `“${file.name}” has ${Math.ceil(file.size / 1048576)} MB; at most 10 MB are taken. Make it smaller.` : '';
}

function show(drop) {
  const input = $('input[type=file]', drop), file = input.files[0], preview = $('[data-preview]', drop);
  if (!file) return;
  const reason = wrong(drop, file);
  complain(drop, reason);
  if (reason) {
    input.value = '';
    return;
  }
  if (preview.dataset.url) URL.revokeObjectURL(preview.dataset.url);
  preview.src = preview.dataset.url = URL.createObjectURL(file);
  preview.hidden = false;
  $('input[type=hidden]', drop)?.remove();
}

function take(drop, files) {
  const wanted = [...files].find(file => file.type.startsWith(drop.dataset.drop + '/')) ?? files[0];
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
  if (!drop) return;
  blank($('[data-pad] canvas', drop));
  show(drop);
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
  blank($('[data-pad] canvas', drop));
  take(drop, event.dataTransfer.files);
});
document.addEventListener('paste', event => {
  const drop = $('[data-drop]');
  if (!drop || !event.clipboardData.files.length) return;
  blank($('[data-pad] canvas', drop));
  if (take(drop, event.clipboardData.files)) event.preventDefault();
});

// The pad: black ink on white paper, taken as a PNG when the pen is lifted.
function blank(canvas) {
  if (!canvas) return;
  const ink = canvas.getContext('2d');
  ink.fillStyle = '#fff';
  ink.fillRect(0, 0, canvas.width, canvas.height);
}

function point(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
}

function stroke(canvas, from, to) {
  const ink = canvas.getContext('2d');
  ink.lineWidth = canvas.width / 13;
  ink.lineCap = 'round';
  ink.strokeStyle = '#000';
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(...to);
  ink.stroke();
}

function prepare(scope) {
  for (const pad of scope.querySelectorAll?.('[data-pad][hidden]') ?? []) {
    pad.hidden = false;
    const canvas = $('canvas', pad), drop = pad.closest('[data-drop]');
    let last = null;
    blank(canvas);
    canvas.addEventListener('pointerdown', event => {
      canvas.setPointerCapture(event.pointerId);
      last = point(canvas, event);
      stroke(canvas, last, last);
    });
    canvas.addEventListener('pointermove', event => {
      if (!last) return;
      const next = point(canvas, event);
      stroke(canvas, last, next);
      last = next;
    });
    const lift = () => {
      if (!last) return;
      last = null;
      canvas.toBlob(blob => take(drop, [new File([blob], 'drawing.png', { type: 'image/png' })]));
    };
    canvas.addEventListener('pointerup', lift);
    canvas.addEventListener('pointercancel', lift);
    $('[data-pad-clear]', pad).addEventListener('click', () => blank(canvas));
  }
}

prepare(document);
document.addEventListener('htmx:load', event => prepare(event.target));
