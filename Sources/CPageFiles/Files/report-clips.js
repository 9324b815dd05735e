// The clips: filters, search, and the list with their frames.
{
  const { h, name, percent, time } = page;
  const { source, classes, filter, count } = report;
  const { plural } = report.tables;
  const strips = page.data('strips');
  const stripOf = new Map((strips?.items ?? []).map(strip => [strip.clip, strip]));

  const orders = {
    worst: ['worst mistakes first', (a, b) => report.isRight(a) - report.isRight(b)
      || (report.isRight(a) ? report.confidences[a] - report.confidences[b] : report.confidences[b] - report.confidences[a])],
    unsure: ['least sure first', (a, b) => report.confidences[a] - report.confidences[b]],
    sure: ['most sure first', (a, b) => report.confidences[b] - report.confidences[a]],
    label: ['label’s score, lowest first', (a, b) => report.own[a] - report.own[b]],
    name: ['by name', null],
  };
  const byName = Array.from({ length: count }, (_, i) => i).sort((a, b) => report.names[a] < report.names[b] ? -1 : 1);
  const placeByName = new Int32Array(count);
  byName.forEach((clip, place) => { placeByName[clip] = place; });
  if (report.disagreement) orders.votes = ['networks that differ', (a, b) => report.disagreement[b] - report.disagreement[a]];

  const verdict = clip => report.isRight(clip) ? h('span', { class: 'verdict right' }, '✓ right')
    : report.isDoubtful(clip) ? h('span', { class: 'verdict doubtful', 'data-tip': 'The model is sure of another class: look whether the label is right.' }, '? label doubtful')
    : h('span', { class: 'verdict wrong' }, '✗ wrong');

  const frames = clip => {
    const strip = stripOf.get(clip);
    if (!strip) return h('p', { class: 'strip none' }, 'no frames kept here');
    const columns = `repeat(${strip.times.length}, 1fr)`;
    const picture = h('img', { src: 'data:image/jpeg;base64,' + strip.jpeg, width: strip.width, height: strip.height,
      alt: `${plural(strip.times.length, 'frame')} from ${time(strip.times[0])} to ${time(strip.times.at(-1))}`, decoding: 'async' });
    return h('div', { class: 'strip', style: { width: strip.width + 'px' } }, picture,
      h('div', { class: 'times', 'aria-hidden': 'true', style: { 'grid-template-columns': columns } }, strip.times.map(t => h('span', {}, time(t)))));
  };

  const render = clip => {
    const best = report.best(clip, 3);
    return h('div', { class: `clip ${report.isRight(clip) ? 'is-right' : 'is-wrong'}` },
      h('p', { class: 'clip-name' }, name(report.names[clip])),
      h('div', { class: 'clip-facts' }, verdict(clip),
        h('span', {}, h('small', {}, 'label '), name(classes[report.labels[clip]])),
        h('span', {}, h('small', {}, 'answer '), name(classes[report.answers[clip]])),
        report.groupSizes[report.groups[clip]] > 1 && h('span', { class: 'group' }, h('small', {}, 'group '), name(report.groupNames[report.groups[clip]])),
        report.disagreement?.[clip] > 0 && h('span', {}, h('small', {}, 'networks that differ '), percent(report.disagreement[clip], 0))),
      h('ul', { class: 'clip-scores', 'aria-label': 'scores' }, best.map(([index, value]) => {
        const row = h('li', { class: index === report.labels[clip] ? 'own' : '' }, name(classes[index]), h('span', {}, percent(value)));
        row.style.setProperty('--share', Math.max(0, Math.min(1, value)).toFixed(3));
        return row;
      }), best.every(([index]) => index !== report.labels[clip]) && h('li', { class: 'own' }, name(classes[report.labels[clip]]), h('span', {}, percent(report.own[clip])))),
      frames(clip));
  };

  report.section('clips', 'Clips', () => {
    const option = (value, text) => h('option', { value }, page.visible(text));
    const all = list => list.map((text, i) => option(i, text));
    const field = (label, control) => h('label', {}, h('span', {}, label), control);
    const change = (key, read) => event => filter.set({ [key]: read(event.target.value) });
    const kind = h('select', { id: 'filter-kind', onchange: change('kind', String) },
      [['all', 'all'], ['right', 'right'], ['wrong', 'wrong'], ['doubtful', 'label doubtful']].map(([value, text]) => option(value, text)));
    const truth = h('select', { id: 'filter-label', onchange: change('truth', Number) }, option(-1, 'any'), all(classes));
    const answer = h('select', { id: 'filter-answer', onchange: change('answer', Number) }, option(-1, 'any'), all(classes));
    const grouped = report.groupNames.length > 1 && report.groupNames.length < count;
    const group = h('select', { id: 'filter-group', onchange: change('group', Number) }, option(-1, 'any'), grouped ? all(report.groupNames) : []);
    const low = h('input', { type: 'number', id: 'filter-low', min: 0, max: 100, step: 1, oninput: change('low', text => Number(text) / 100) });
    const high = h('input', { type: 'number', id: 'filter-high', min: 0, max: 100, step: 1, oninput: change('high', text => text === '' ? 1 : Number(text) / 100) });
    const search = h('input', { type: 'search', id: 'filter-text', oninput: change('text', String), autocomplete: 'off', spellcheck: 'false' });
    const order = h('select', { id: 'order' }, Object.entries(orders).map(([value, [text]]) => option(value, text)));
    const reset = h('button', { type: 'button', id: 'filter-reset', onclick: () => filter.set({}, { alone: true }) }, 'Show all');
    const said = h('p', { id: 'chosen', role: 'status' });
    const rows = h('div', { id: 'clip-list', class: 'list', 'aria-label': 'Clips' });
    const list = new page.VirtualList(rows, { render,
      height: () => rows.clientWidth < 640 ? 244 : 150 });

    const apply = go => {
      kind.value = filter.kind;
      [truth.value, answer.value, group.value] = [filter.truth, filter.answer, filter.group];
      for (const [input, value, empty] of [[low, filter.low, 0], [high, filter.high, 1]]) {
        if (document.activeElement !== input) input.value = value === empty ? '' : Number((100 * value).toFixed(1));
      }
      if (search.value !== filter.text) search.value = filter.text;
      const chosen = filter.chosen(), compare = orders[order.value][1];
      chosen.sort((a, b) => compare?.(a, b) || placeByName[a] - placeByName[b]);
      const wrong = chosen.reduce((sum, clip) => sum + (report.isRight(clip) ? 0 : 1), 0);
      said.textContent = `${chosen.length.toLocaleString('en')} of ${plural(count, 'clip')}, ${wrong} wrong`;
      reset.disabled = filter.isAll;
      list.show(chosen);
      if (go) {
        document.getElementById('clips').scrollIntoView();
        list.focus(0);
      }
    };
    filter.heard(apply);
    order.addEventListener('change', () => apply(false));
    requestAnimationFrame(() => apply(false));
    return [
      strips?.note ? h('p', { class: 'soft' }, strips.note) : null,
      h('div', { class: 'filters screen-only', role: 'search', 'aria-label': 'Which clips' }, field('show', kind), field('label', truth), field('answer', answer),
        grouped && field('group', group), field('confidence from %', low), field('to %', high), field('name has', search), field('order', order), reset),
      said, rows,
    ];
  });
}
