// Tables: figures, classes, confusion, groups, and what is known of the data and the program.
{
  const { h, name, percent, decimal, term, isNumber } = page;
  const { source, classes, filter, count } = report;
  const plural = (n, word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;
  const range = (value, show) => isNumber(value[1]) ? `${show(value[1])} – ${show(value[2])}` : '–';
  const wide = (label, table) => h('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': label }, table);
  const facts = rows => h('dl', { class: 'facts' }, rows.map(([key, value]) =>
    h('div', {}, h('dt', {}, key), h('dd', {}, name(value, 'span')))));

  /** A table whose columns sort; each has a title, the value to sort by, and what a cell shows. */
  const sortable = (label, columns, rows, { by = 0, down = false } = {}) => {
    const body = h('tbody', {}), buttons = [];
    const draw = () => {
      const { value } = columns[by];
      const sorted = [...rows].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const order = typeof x === 'string' ? x.localeCompare(y) : (x ?? -Infinity) - (y ?? -Infinity);
        return down ? -order : order;
      });
      body.replaceChildren(...sorted.map(row => h('tr', {}, columns.map(({ cell }, i) =>
        h(i ? 'td' : 'th', i ? {} : { scope: 'row' }, cell(row))))));
      buttons.forEach((button, i) => {
        button.parentElement.setAttribute('aria-sort', i !== by ? 'none' : down ? 'descending' : 'ascending');
        button.lastChild.textContent = i !== by ? '' : down ? ' ▼' : ' ▲';
      });
    };
    const head = h('tr', {}, columns.map(({ title, tip, first = 'down' }, i) => {
      const button = h('button', { type: 'button', class: 'plain sort', 'data-tip': tip, onclick: () => {
        [by, down] = [i, by === i ? !down : first === 'down'];
        draw();
        page.announce(`sorted by ${title}, ${down ? 'highest' : 'lowest'} first`);
      } }, title, h('span', { 'aria-hidden': 'true' }));
      buttons.push(button);
      return h('th', { scope: 'col' }, button);
    }));
    draw();
    return wide(label, h('table', { class: 'numbers' }, h('caption', { class: 'hidden-text' }, label), h('thead', {}, head), body));
  };
  const choose = (text, changes, label) => h('button', { type: 'button', class: 'plain link', 'aria-label': label,
    onclick: () => filter.set(changes, { alone: true, go: true }) }, text);

  // MARK: Figures

  const bar = metric => {
    const { value, low, high } = metric;
    if (!metric.isScore || !isNumber(low)) return null;
    const at = x => 120 * Math.max(0, Math.min(1, x));
    return page.svg('svg', { class: 'interval', viewBox: '0 0 124 12', width: 124, height: 12, 'aria-hidden': 'true' },
      page.svg('line', { x1: 2, x2: 122, y1: 6, y2: 6 }),
      page.svg('rect', { x: 2 + at(low), y: 3, width: Math.max(1, at(high) - at(low)), height: 6 }),
      page.svg('circle', { cx: 2 + at(value), cy: 6, r: 3 }));
  };

  report.section('figures', 'Figures', () => {
    const { metrics, baselines, intervals, perVideo, ensemble, clipsPerSecond } = source.summary;
    const show = metric => metric.key === 'log_loss' ? x => decimal(x) : x => percent(x);
    const head = h('tr', {}, h('th', { scope: 'col' }, 'figure'), h('th', { scope: 'col' }, 'model'),
      h('th', { scope: 'col', colspan: 2 }, '95\u00a0% interval'),
      baselines.map(({ title, explanation }) => h('th', { scope: 'col' }, term(title, explanation))));
    const rows = metrics.map(metric => h('tr', {},
      h('th', { scope: 'row' }, term(metric.title, metric.explanation)),
      h('td', {}, h('b', {}, show(metric)(metric.value))),
      h('td', {}, range([0, metric.low, metric.high], show(metric))), h('td', {}, bar(metric)),
      metric.baselines.map(value => h('td', {}, show(metric)(value)))));
    return [
      wide('Figures', h('table', { class: 'numbers' }, h('caption', { class: 'hidden-text' }, 'Figures of the model and its baselines'),
        h('thead', {}, head), h('tbody', {}, rows))),
      h('p', { class: 'soft' }, intervals + '.'),
      perVideo && h('p', { class: 'soft' }, `Scores averaged over each of ${plural(perVideo.videos, 'video')}: top-1 ${percent(perVideo.top1)}, macro F1 ${percent(perVideo.macroF1)}.`),
      ensemble && h('p', { class: 'soft' }, ensemble + '.'),
      isNumber(clipsPerSecond) && h('p', { class: 'soft' }, `${clipsPerSecond.toFixed(1)} clips decoded and scored a second.`),
    ];
  });

  // MARK: Classes and confusion

  const confusion = classes.map(() => new Map());
  for (let clip = 0; clip < count; clip += 1) {
    const row = confusion[report.labels[clip]], answer = report.answers[clip];
    row.set(answer, (row.get(answer) ?? 0) + 1);
  }
  const pair = (truth, answer, n) => truth === answer
    ? `${plural(n, 'clip')} of ${classes[truth]}, named so` : `${plural(n, 'clip')} of ${classes[truth]} taken for ${classes[answer]}`;

  report.section('confusion', 'Confusion', () => {
    const hint = h('p', { class: 'soft screen-only' }, 'Choose a cell to see its clips. Arrow keys go from cell to cell.');
    if (classes.length > 40) {
      const pairs = confusion.flatMap((row, truth) => [...row].filter(([answer]) => answer !== truth)
        .map(([answer, n]) => ({ truth, answer, n }))).sort((a, b) => b.n - a.n);
      if (!pairs.length) return h('p', {}, 'No clip was taken for another class.');
      return [h('p', { class: 'soft' }, `The commonest of ${plural(pairs.length, 'pair')}; choose one to see its clips.`),
        wide('Confusions', h('table', {}, h('thead', {}, h('tr', {}, ['clips', 'truth', 'taken for'].map(t => h('th', { scope: 'col' }, t)))),
          h('tbody', {}, pairs.slice(0, 100).map(({ truth, answer, n }) => h('tr', {},
            h('td', {}, choose(String(n), { truth, answer }, pair(truth, answer, n))),
            h('td', {}, name(classes[truth])), h('td', {}, name(classes[answer])))))))];
    }
    const cells = [];
    const rows = confusion.map((row, truth) => {
      const total = source.perClass.support[truth] || 1;
      return h('tr', {}, h('th', { scope: 'row', title: page.visible(classes[truth]) }, name(classes[truth])), classes.map((_, answer) => {
        const n = row.get(answer);
        if (!n) return h('td', {});
        const button = h('button', { type: 'button', tabindex: cells.length ? -1 : 0, 'aria-label': pair(truth, answer, n),
          'data-tip': `${pair(truth, answer, n)} (${percent(n / total, 0)} of its clips)`,
          onclick: () => filter.set({ truth, answer }, { alone: true, go: true }) }, String(n));
        button.style.setProperty('--share', (n / total).toFixed(3));
        cells.push({ button, truth, answer });
        return h('td', { class: truth === answer ? 'right' : 'wrong' }, button);
      }));
    });
    const matrix = h('table', { class: 'matrix' + (classes.length > 6 ? ' many' : '') },
      h('caption', { class: 'hidden-text' }, 'Confusion matrix: truth in rows, answers in columns'),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col', class: 'corner' }, 'truth ↓  answer →'),
        classes.map(text => h('th', { scope: 'col', title: page.visible(text) }, h('span', {}, name(text)))))),
      h('tbody', {}, rows));
    matrix.addEventListener('keydown', event => {
      const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
      const move = moves[event.key], from = cells.find(({ button }) => button === event.target);
      if (!move || !from) return;
      event.preventDefault();
      // The nearest cell with clips in that direction.
      const ahead = cells.map(cell => ({ cell, along: (cell.truth - from.truth) * move[0] + (cell.answer - from.answer) * move[1],
        aside: Math.abs((cell.truth - from.truth) * move[1]) + Math.abs((cell.answer - from.answer) * move[0]) }))
        .filter(({ along }) => along > 0).sort((a, b) => a.along + 3 * a.aside - b.along - 3 * b.aside)[0];
      if (!ahead) return;
      from.button.tabIndex = -1;
      ahead.cell.button.tabIndex = 0;
      ahead.cell.button.focus();
    });
    return [hint, wide('Confusion matrix', matrix)];
  });

  report.section('classes', 'Classes', () => {
    const { precision, recall, f1, support } = source.perClass;
    const figure = value => [percent(value[0]), ' ', h('small', {}, range(value, x => isNumber(x) ? (100 * x).toFixed(0) : '–'))];
    const worst = classes.map((_, truth) => [...confusion[truth]].filter(([answer]) => answer !== truth).sort((a, b) => b[1] - a[1])[0]);
    return sortable('Classes', [
      { title: 'class', first: 'up', value: i => classes[i], cell: i => choose(name(classes[i]), { truth: i }, `clips of ${classes[i]}`) },
      { title: 'clips', tip: 'Clips of the class by their labels.', value: i => support[i], cell: i => String(support[i]) },
      { title: 'precision', first: 'up', tip: 'Of the clips named so, the share that are of the class.', value: i => precision[i][0], cell: i => figure(precision[i]) },
      { title: 'recall', first: 'up', tip: 'Of the clips of the class, the share named so.', value: i => recall[i][0], cell: i => figure(recall[i]) },
      { title: 'F1', first: 'up', tip: 'The harmonic mean of precision and recall.', value: i => f1[i][0], cell: i => figure(f1[i]) },
      { title: 'most often taken for', tip: 'The commonest wrong answer for clips of the class.', value: i => worst[i]?.[1] ?? 0,
        cell: i => worst[i] ? choose([name(classes[worst[i][0]]), ` (${worst[i][1]})`], { truth: i, answer: worst[i][0] }, pair(i, ...worst[i])) : '–' },
    ], classes.map((_, i) => i), { by: 4 });
  });

  report.section('thresholds', 'Thresholds', () => {
    if (!source.thresholds) return null;
    const { goal, rows, sentences } = source.thresholds;
    const at = value => isNumber(value) ? decimal(value) : 'never';
    const figure = value => [percent(value[0]), ' ', h('small', {}, range(value, x => isNumber(x) ? (100 * x).toFixed(0) : '–'))];
    return [
      h('p', { class: 'soft' }, 'Chosen for ', h('span', { class: 'mono' }, goal), ': an answer with a lower score becomes ',
        h('span', { class: 'mono' }, 'unknown'), '.'),
      sortable('Thresholds', [
        { title: 'class', first: 'up', value: r => r.name, cell: r => name(r.name) },
        { title: 'threshold', tip: 'The least score with which the answer is given.', value: r => r.threshold ?? 2,
          cell: r => [at(r.threshold), ' ', h('small', {}, `${at(r.low)} – ${at(r.high)}`)] },
        { title: 'precision', first: 'up', tip: 'Of the answers given, the share that are right.', value: r => r.precision[0], cell: r => figure(r.precision) },
        { title: 'recall', first: 'up', tip: 'Of the clips of the class, the share given this answer.', value: r => r.recall[0], cell: r => figure(r.recall) },
        { title: 'given', tip: 'Answers that reach the threshold.', value: r => r.given, cell: r => String(r.given) },
        { title: 'unknown', tip: 'Answers that do not.', value: r => r.unknown, cell: r => String(r.unknown) },
        { title: 'goal', first: 'up', tip: 'Whether the threshold does what was asked for.', value: r => Number(r.isReached), cell: r => r.isReached ? 'reached' : 'not reached' },
      ], rows),
      sentences.filter(text => text).map(text => h('p', { class: 'soft' }, text + '.')),
    ];
  });

  report.section('groups', 'Groups', () => {
    const groups = report.groupNames.map((text, index) => ({ text, index, clips: 0, right: 0, sure: 0 }));
    for (let clip = 0; clip < count; clip += 1) {
      const group = groups[report.groups[clip]];
      group.clips += 1;
      group.right += report.isRight(clip) ? 1 : 0;
      group.sure += report.confidences[clip];
    }
    if (groups.length === count) return h('p', { class: 'soft' }, 'Every clip is a group of its own.');
    if (groups.length === 1) return h('p', {}, 'All clips are of one group: ', name(groups[0].text), '.');
    return [h('p', { class: 'soft' }, 'Clips of one group (a speaker, a site, a source) are alike. Groups where the model fails tell what it has not seen enough of.'),
      sortable('Groups', [
        { title: 'group', first: 'up', value: g => g.text, cell: g => choose(name(g.text), { group: g.index }, `clips of the group ${g.text}`) },
        { title: 'clips', value: g => g.clips, cell: g => String(g.clips) },
        { title: 'wrong', value: g => g.clips - g.right, cell: g => g.clips === g.right ? '0' : choose(String(g.clips - g.right), { group: g.index, kind: 'wrong' }, `wrong answers in the group ${g.text}`) },
        { title: 'top-1', first: 'up', tip: 'Share of right answers.', value: g => g.right / g.clips, cell: g => percent(g.right / g.clips) },
        { title: 'mean confidence', first: 'up', tip: 'Where it is far above top-1, the model is too sure of this group.', value: g => g.sure / g.clips, cell: g => percent(g.sure / g.clips) },
      ], groups, { by: 3 })];
  });

  report.tables = { plural, sortable, wide, choose, facts };
}
