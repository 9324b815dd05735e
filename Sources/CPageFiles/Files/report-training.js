// How the model was trained, and what is known of the data and the program.
{
  const { h, name, percent, decimal } = page;
  const { source, count, filter, chart, share } = report;
  const { plural, sortable, wide, choose, facts } = report.tables;

  report.section('training', 'Training', () => {
    const { training } = source;
    if (!training?.epochs.length) return null;
    const { epochs, best } = training;
    const x = { low: epochs[0].epoch, high: Math.max(epochs.at(-1).epoch, epochs[0].epoch + 1), format: value => Number.isInteger(value) ? String(value) : '', title: 'epoch' };
    const said = h('p', { role: 'status' });
    const line = key => epochs.filter(e => page.isNumber(e[key])).map(e => ({ x: e.epoch, y: e[key], at: e.epoch }));
    let drawn = [];
    const tell = number => {
      const e = epochs.find(({ epoch }) => epoch === number);
      said.textContent = `Epoch ${e.epoch}${e.epoch === best ? ' (chosen)' : ''}: loss ${decimal(e.trainLoss)} learned`
        + (page.isNumber(e.heldLoss) ? `, ${decimal(e.heldLoss)} held out; top-1 ${percent(e.heldTop1)}, macro F1 ${percent(e.heldMacroF1)} held out` : '')
        + `; learning rate ${e.learningRate.toPrecision(3)}; ${e.seconds.toFixed(1)} s.`;
      for (const made of drawn) made.cursor(number);
    };
    const make = (title, lines, format, high) => {
      const series = lines.map(([label, key]) => ({ label, points: line(key) })).filter(({ points }) => points.length);
      const top = high ?? Math.max(1e-9, ...series.flatMap(({ points }) => points.map(p => p.y)));
      const made = chart({ title, series, x, y: { low: 0, high: top, format, title: '' }, told: point => tell(point.at) });
      made.element.append(h('p', { class: 'legend' }, series.map(({ label }, i) => h('span', { class: `key tone${i + 1}` }, label))));
      return made;
    };
    drawn = [
      make('Loss', [['clips learned from, varied', 'trainLoss'], ['clips held out', 'heldLoss']], value => String(Number(value.toPrecision(3)))),
      make('Scores', [['top-1 of clips learned from, varied', 'trainTop1'], ['top-1 held out', 'heldTop1'], ['macro F1 held out', 'heldMacroF1']], share.format, 1),
      make('Learning rate', [['of the epoch’s last step', 'learningRate']], value => value === 0 ? '0' : value.toExponential(0)),
      make('Seconds of an epoch', [['of its steps', 'seconds']], value => String(Number(value.toPrecision(3)))),
    ];
    tell(best ?? epochs.at(-1).epoch);
    const sum = epochs.reduce((total, { seconds }) => total + seconds, 0);
    return [
      h('p', {}, best ? `Of ${epochs.length} epochs the weights of epoch ${best} were chosen: the highest macro F1 on the clips held out, of equals the lowest loss.`
        : `${epochs.length} epochs; the weights at the end were kept.`, ` ${page.time(sum, 0)} in training steps.`, training.note ? ' ' + training.note : ''),
      said, h('div', { class: 'charts' }, drawn.map(({ element }) => element)),
    ];
  });
  report.section('votes', 'Disagreement', () => {
    const { disagreement } = report;
    if (!disagreement) return null;
    const differing = disagreement.flatMap((share, clip) => share > 0 ? [clip] : [])
      .sort((a, b) => disagreement[b] - disagreement[a]).slice(0, 50);
    return [h('p', {}, source.summary.ensemble + '.'),
      differing.length > 0 && sortable('Clips of which the networks say different things', [
        { title: 'clip', first: 'up', value: i => report.names[i], cell: i => choose(name(report.names[i]), { text: report.names[i] }, `show ${report.names[i]}`) },
        { title: 'label', first: 'up', value: i => report.classes[report.labels[i]], cell: i => name(report.classes[report.labels[i]]) },
        { title: 'answer', first: 'up', value: i => report.classes[report.answers[i]], cell: i => name(report.classes[report.answers[i]]) },
        { title: 'networks that differ', value: i => disagreement[i], cell: i => percent(disagreement[i], 0) },
      ], differing, { by: 3, down: true })];
  });
  report.section('doubts', 'Suspected wrong labels', () => {
    const { doubts } = source;
    const here = [];
    for (let clip = 0; clip < count; clip += 1) if (report.isDoubtful(clip)) here.push(clip);
    if (!doubts?.length && !here.length) return null;
    return [
      here.length > 0 && h('p', {}, choose(`${plural(here.length, 'clip')} here`, { kind: 'doubtful' }, 'clips with a doubtful label'),
        ` ${here.length === 1 ? 'was' : 'were'} given another name with a confidence of ${percent(source.doubtfulFrom, 0)} or more: look at the labels first.`),
      doubts?.length > 0 && [h('p', {}, 'Clips that the finished model contradicts; those it had learned under their label are the most doubtful.'),
        sortable('Suspected wrong labels', [
          { title: 'clip', first: 'up', value: d => d.path, cell: d => name(d.path) },
          { title: 'label', first: 'up', value: d => d.label, cell: d => name(d.label) },
          { title: 'answer', first: 'up', value: d => d.answer, cell: d => name(d.answer) },
          { title: 'score', value: d => d.score, cell: d => percent(d.score) },
          { title: 'was learned', value: d => d.learned ? 1 : 0, cell: d => d.learned ? 'yes' : 'no' },
        ], doubts, { by: 3, down: true })],
    ];
  });
  report.section('copies', 'Near duplicates', () => {
    const { copies } = source;
    if (!copies) return null;
    if (!copies.groups.length) return h('p', {}, copies.sentence);
    const hidden = copies.total - copies.groups.length;
    return [h('p', {}, copies.sentence),
      wide('Near duplicates', h('table', {}, h('thead', {}, h('tr', {}, ['how alike', 'clips', 'trouble'].map(t => h('th', { scope: 'col' }, t)))),
        h('tbody', {}, copies.groups.map(group => h('tr', {}, h('td', {}, group.kind + (group.likeness < 1 ? ` (${percent(group.likeness, 0)})` : '')),
          h('td', {}, h('ul', { class: 'plain-list' }, group.members.map(member => h('li', {}, name(member.name), h('small', {}, ' ', name(member.label), member.side ? `, ${member.side}` : ''))))),
          h('td', {}, group.trouble || '–')))))),
      hidden > 0 && h('p', { class: 'soft' }, `${plural(hidden, 'more group')} not listed; vidclass check lists all.`)];
  });
  report.section('data', 'Data and split', () => {
    const { split } = source;
    const rows = source.facts;
    const sides = split && [
      sortable('Clips on both sides of the split', [
        { title: 'class', first: 'up', value: c => c.name, cell: c => name(c.name) },
        { title: 'learned from', value: c => c.learned, cell: c => String(c.learned) },
        { title: 'held out', value: c => c.held, cell: c => String(c.held) },
      ], split.classes),
      [['Groups held out', split.heldGroups], ['Groups learned from', split.learnedGroups]].map(([title, groups]) =>
        h('details', {}, h('summary', {}, `${title}: ${groups.total.toLocaleString('en')}`),
          h('p', { class: 'group-names' }, groups.names.map((text, i) => [i ? ', ' : '', name(text)]),
            groups.total > groups.names.length && ` and ${groups.total - groups.names.length} more`)))];
    return [facts(rows), sides];
  });
  report.section('skipped', 'Left out', () => {
    const { skipped } = source;
    if (!skipped.total) return h('p', {}, 'Nothing was left out.');
    return [h('p', {}, `${plural(skipped.total, 'clip')} could not be scored.`),
      wide('Clips left out', h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'clip'), h('th', { scope: 'col' }, 'reason'))),
        h('tbody', {}, skipped.clips.map(([path, reason]) => h('tr', {}, h('td', {}, name(path)), h('td', {}, name(reason))))))),
      skipped.total > skipped.clips.length && h('p', { class: 'soft' }, `${skipped.total - skipped.clips.length} more are not listed.`)];
  });
  report.section('origin', 'How it was made', () => facts(source.origin));
}
