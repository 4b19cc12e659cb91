// What the rendering process is asked, and answers. A request is JSON with `kind`:
//
// value  {context, value, failed, lenient, cookiecutter}
//        Renders all texts in `value`, any JSON. Answer: {value}, where what is undefined is
//        left out, or nothing at all; or {error: {at, expression, reason, line, column}}.
//        lenient: a text that cannot be rendered stays as it is (what Backstage does), told in
//        `passed`.
// texts  {context, texts: [{name, text}], trimBlocks, lstripBlocks, cookiecutter, failed}
//        Renders names and texts of files. `text` may be missing. Answer: {texts}; or {error}
//        with the name of the file in `at`.
//
// Values in a context are data: texts in them are never rendered themselves.
var nunjucks = window.nunjucks || self.nunjucks;

function answer(text) {
  var request = JSON.parse(text);
  try {
    return JSON.stringify(request.kind === 'texts' ? texts(request) : value(request));
  } catch (e) {
    if (e && e.place) return JSON.stringify({ error: e.place });
    throw e;
  }
}

function environment(request) {
  var kept = { is: false, value: undefined };
  var env = new nunjucks.Environment([], {
    autoescape: false,
    trimBlocks: !!request.trimBlocks,
    lstripBlocks: !!request.lstripBlocks,
    tags: tags(request),
  });
  env.addFilter('parseRepoUrl', parseRepoUrl);
  env.addFilter('parseEntityRef', parseEntityRef);
  env.addFilter('pick', pick);
  env.addFilter('projectSlug', function (url) {
    var repo = parseRepoUrl(url);
    return repo.owner + '/' + repo.repo;
  });
  if (request.cookiecutter) {
    env.addFilter('jsonify', function (v) { return JSON.stringify(v, null, 2); });
  }
  env.addFilter('keep__', function (v) { kept.is = true; kept.value = v; return ''; });
  env.addGlobal('always', function () { return true; });
  env.addGlobal('failure', function () { return !!request.failed; });
  return { env: env, kept: kept };
}

function tags(request) {
  return request.cookiecutter ? {} : { variableStart: '${{', variableEnd: '}}' };
}

function value(request) {
  var tools = environment(request);
  var passed = [];
  function at(place, v) {
    if (typeof v === 'string') return text(place, v);
    if (Array.isArray(v)) {
      return v.map(function (item, i) {
        var rendered = at(place + '/' + i, item);
        return rendered === undefined ? null : rendered;
      });
    }
    if (v && typeof v === 'object') {
      var copy = {};
      Object.keys(v).forEach(function (key) {
        var rendered = at(place + '/' + key.replace(/~/g, '~0').replace(/\//g, '~1'), v[key]);
        if (rendered !== undefined) copy[key] = rendered;
      });
      return copy;
    }
    return v;
  }
  function text(place, v) {
    if (!/\$\{\{|\{%|\{#/.test(v)) return v === '' ? undefined : v;
    try {
      if (isOneExpression(v)) {
        tools.kept.is = false;
        tools.env.renderString('${{ (' + v.slice(3, -2) + ') | keep__ }}', request.context);
        return plain(tools.kept.value);
      }
      var rendered = tools.env.renderString(v, request.context);
      return rendered === '' ? undefined : rendered;
    } catch (e) {
      var place_ = problem(e, place, v);
      if (!request.lenient) throw { place: place_ };
      passed.push(place_);
      return v;
    }
  }
  var rendered = at('', request.value);
  return passed.length ? { value: rendered, passed: passed } : { value: rendered };
}

/** As JSON would carry it: functions and what JSON has no word for are nothing. */
function plain(v) {
  var text = v === undefined ? undefined : JSON.stringify(v);
  return text === undefined ? undefined : JSON.parse(text);
}

function isOneExpression(v) {
  if (v.slice(0, 3) !== '${{' || v.slice(-2) !== '}}') return false;
  var children = nunjucks.parser.parse(v, [], { autoescape: false, tags: tags({}) }).children;
  return children.length === 1
    && children[0].typename === 'Output'
    && children[0].children.length === 1
    && children[0].children[0].typename !== 'TemplateData';
}

function texts(request) {
  var env = environment(request).env;
  // Most names, and many files, hold nothing to render, and parsing them takes as long as the rest.
  var marks = request.cookiecutter ? /\{[{%#]/ : /\$\{\{|\{[%#]/;
  function render(text) {
    return marks.test(text) ? env.renderString(text, request.context) : text;
  }
  return {
    texts: request.texts.map(function (file) {
      var what = file.name;
      try {
        var name = render(file.name);
        what = undefined;
        return file.text === undefined
          ? { name: name }
          : { name: name, text: render(file.text) };
      } catch (e) {
        throw { place: problem(e, file.name, what === undefined ? file.text : what) };
      }
    }),
  };
}

/** What went wrong, where: Nunjucks says it in a text of its own form. */
function problem(e, place, source) {
  var said = String((e && e.message) || e);
  var found = /\[Line (\d+)(?:, Column (\d+))?\]/.exec(said);
  var reason = said
    .replace(/^(?:Template render error|Error):\s*/, '')
    .replace(/\(unknown path\)\s*/g, '')
    .replace(/\[Line \d+(?:, Column \d+)?\]\s*/g, '')
    .replace(/^\s*(?:Template render error|Error|TypeError|RangeError):\s*/, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (/too much recursion|Too deep recursion/.test(reason)) reason = 'it is nested too deeply';
  var told = { at: place, reason: reason };
  if (source.length <= 2000) told.expression = source;
  if (found) {
    told.line = Number(found[1]);
    if (found[2]) told.column = Number(found[2]);
  }
  return told;
}

/** {@code host?owner=o&repo=r} */
function parseRepoUrl(url) {
  var found = /^([^?\/\s]+)\/?\?(.*)$/.exec(String(url));
  if (!found || /^https?:/.test(String(url))) {
    throw new Error('not the address of a repository, as in github.com?owner=o&repo=r: ' + url);
  }
  var parts = { host: found[1] };
  found[2].split('&').forEach(function (pair) {
    var split = pair.indexOf('=');
    if (split > 0) {
      var key = decodeURIComponent(pair.slice(0, split));
      if (['owner', 'repo', 'organization', 'workspace', 'project'].indexOf(key) >= 0) {
        parts[key] = decodeURIComponent(pair.slice(split + 1).replace(/\+/g, ' '));
      }
    }
  });
  if (!parts.repo && !parts.project) {
    throw new Error('the address of the repository names no repo: ' + url);
  }
  return parts;
}

/** [kind:][namespace/]name, or an object with these; what is missing comes from the defaults. */
function parseEntityRef(ref, defaults) {
  defaults = defaults || {};
  var kind, namespace, name;
  if (ref && typeof ref === 'object') {
    kind = ref.kind; namespace = ref.namespace; name = ref.name;
  } else {
    var found = /^(?:([^:\/]+):)?(?:([^:\/]+)\/)?([^:\/]+)$/.exec(String(ref === undefined ? '' : ref).trim());
    if (!found) throw new Error('not a reference to an entity, as in kind:namespace/name: ' + ref);
    kind = found[1]; namespace = found[2]; name = found[3];
  }
  kind = kind || defaults.defaultKind;
  if (!kind) throw new Error('the reference ' + ref + ' names no kind, and there is no defaultKind');
  return { kind: kind, namespace: namespace || defaults.defaultNamespace || 'default', name: name };
}

/** A value by its path: a.b[0], or the path's steps as a list. */
function pick(from, path) {
  var steps = Array.isArray(path) ? path : String(path).replace(/\[(\w+)\]/g, '.$1').split('.');
  return steps.reduce(function (value, step) {
    return value === undefined || value === null || step === '' ? value : value[step];
  }, from);
}
