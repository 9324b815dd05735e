// Curves, and the threshold that all of them share.
{
  const { h, svg, name, percent, decimal } = page;
  const { source, classes, count, filter } = report;
  const size = { width: 380, height: 300, left: 56, right: 24, top: 12, bottom: 48 };
  const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };

  /** Round numbers within a range, about `most` of them. */
  const ticks = (low, high, most = 5) => {
    const rough = (high - low) / most || 1, unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 5, 10].find(factor => factor * unit >= rough - 1e-12);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) found.push(i * step);
    return found;
  };

  /** A chart: axes, lines, and a mark on each line that can be moved.
      A series has points `{ x, y, at }`, sorted; `at` is what the pointer tells. */
  const chart = ({ title, x, y, series, diagonal, bars, told }) => {
    const px = value => size.left + inner.width * (value - x.low) / (x.high - x.low || 1);
    const py = value => size.top + inner.height * (1 - (value - y.low) / (y.high - y.low || 1));
    const show = value => value.toFixed(1);
    const picture = svg('svg', { viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', 'aria-label': title });
    for (const tick of ticks(y.low, y.high)) {
      picture.append(svg('line', { class: 'grid', x1: size.left, x2: size.width - size.right, y1: show(py(tick)), y2: show(py(tick)) }),
        svg('text', { x: size.left - 6, y: show(py(tick) + 4), 'text-anchor': 'end' }, y.format(tick)));
    }
    for (const tick of ticks(x.low, x.high)) {
      picture.append(svg('text', { x: show(px(tick)), y: size.height - size.bottom + 18, 'text-anchor': 'middle' }, x.format(tick)));
    }
    picture.append(svg('rect', { class: 'frame', x: size.left, y: size.top, width: inner.width, height: inner.height }),
      svg('text', { class: 'axis', x: size.left + inner.width / 2, y: size.height - 6, 'text-anchor': 'middle' }, x.title),
      svg('text', { class: 'axis', 'text-anchor': 'middle', transform: `translate(12 ${size.top + inner.height / 2}) rotate(-90)` }, y.title));
    for (const { from, to, height } of bars ?? []) {
      picture.append(svg('rect', { class: 'bar', x: show(px(from) + 0.5), width: show(Math.max(0.5, px(to) - px(from) - 1)), y: show(py(height)), height: show(py(y.low) - py(height)) }));
    }
    if (diagonal) picture.append(svg('line', { class: 'ideal', x1: px(0), y1: py(0), x2: px(1), y2: py(1) }));
    const marks = [];
    series.forEach(({ points, dots, kind }, i) => {
      // Far more points than pixels would only slow the page down.
      const every = Math.max(1, Math.ceil(points.length / 600));
      const drawn = points.filter((_, index) => index % every === 0 || index === points.length - 1);
      const tone = kind ?? i + 1;
      picture.append(svg('polyline', { class: `line tone${tone}`, points: drawn.map(p => `${show(px(p.x))},${show(py(p.y))}`).join(' ') }));
      if (dots) for (const p of drawn) picture.append(svg('circle', { class: `dot tone${tone}`, cx: show(px(p.x)), cy: show(py(p.y)), r: 3 }));
      const mark = svg('circle', { class: `mark tone${tone}`, r: 5, cx: -20, cy: -20 });
      marks.push(mark);
      picture.append(mark);
    });
    const line = svg('line', { class: 'cursor', x1: -20, x2: -20, y1: size.top, y2: size.height - size.bottom });
    picture.append(line);
    if (told) {
      picture.addEventListener('pointermove', event => {
        const box = picture.getBoundingClientRect(), scale = size.width / box.width;
        const [cx, cy] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
        let nearest = null, least = Infinity;
        for (const { points } of series) for (const p of points) {
          const distance = (px(p.x) - cx) ** 2 + (py(p.y) - cy) ** 2;
          if (distance < least) [least, nearest] = [distance, p];
        }
        if (nearest) told(nearest);
      });
    }
    return {
      element: h('figure', {}, h('figcaption', {}, title), picture),
      /** Puts the mark of a series on a point; null takes it away. */
      mark: (i, point) => {
        marks[i]?.setAttribute('cx', point ? show(px(point.x)) : -20);
        marks[i]?.setAttribute('cy', point ? show(py(point.y)) : -20);
      },
      cursor: value => { for (const end of ['x1', 'x2']) line.setAttribute(end, value === null ? -20 : show(px(value))); },
    };
  };

  // MARK: Curves of scores

  /** Counts from the highest score down; equal scores are one step. Each entry tells how many clips
      have at least the score `at`, and how many of them are `positive`. */
  const steps = (clips, score, positive) => {
    const order = clips.map(clip => [score(clip), positive(clip)]).sort((a, b) => b[0] - a[0]);
    const found = [];
    let kept = 0, hits = 0;
    order.forEach(([at, isHit], i) => {
      kept += 1;
      hits += isHit ? 1 : 0;
      if (i + 1 === order.length || order[i + 1][0] !== at) found.push({ at, kept, hits });
    });
    return found;
  };
  const everyClip = Array.from({ length: count }, (_, clip) => clip);
  const share = { low: 0, high: 1, format: value => `${Math.round(100 * value)} %` };

  /** What a choice of class looks at: the score, what it should tell, and the answers it is about. */
  const view = index => index < 0
    ? { score: clip => report.confidences[clip], positive: report.isRight, answered: everyClip, total: count }
    : { score: clip => report.score(clip, index), positive: clip => report.labels[clip] === index,
        answered: everyClip.filter(clip => report.answers[clip] === index), total: source.perClass.support[index] };

  const bins = 15;
  const reliability = ({ score, positive }) => {
    const sums = Array.from({ length: bins }, (_, i) => ({ from: i / bins, to: (i + 1) / bins, n: 0, score: 0, hits: 0 }));
    for (const clip of everyClip) {
      const value = score(clip), bin = sums[Math.max(0, Math.min(bins - 1, Math.floor(value * bins)))];
      bin.n += 1;
      bin.score += value;
      bin.hits += positive(clip) ? 1 : 0;
    }
    return sums;
  };

  const curves = (index, told) => {
    const now = view(index), isAll = index < 0;
    const all = steps(everyClip, now.score, now.positive);
    const answered = isAll ? all : steps(now.answered, now.score, now.positive);
    const positives = all.length ? all[all.length - 1].hits : 0, negatives = count - positives;
    const start = { x: 0, y: all.length ? all[0].hits / all[0].kept : 1, at: all[0]?.at ?? 1 };
    const precision = [start, ...all.map(s => ({ x: now.total ? s.hits / now.total : 0, y: s.hits / s.kept, at: s.at }))];
    const roc = [{ x: 0, y: 0, at: start.at }, ...all.map(s => ({ x: negatives ? (s.kept - s.hits) / negatives : 0, y: positives ? s.hits / positives : 0, at: s.at }))];
    const risk = answered.map(s => ({ x: s.kept / (now.answered.length || 1), y: 1 - s.hits / s.kept, at: s.at }));
    const sums = reliability(now), most = Math.max(1, ...sums.map(s => s.n));
    const dots = sums.filter(s => s.n).map(s => ({ x: s.score / s.n, y: s.hits / s.n, at: s.score / s.n }));
    const highest = Math.max(0.05, ...risk.map(p => p.y));
    return [
      { series: precision, made: chart({ title: 'Precision and recall', told, series: [{ points: precision }],
        x: { ...share, title: isAll ? 'right and kept, of all clips' : 'recall' }, y: { ...share, title: isAll ? 'right, of those kept' : 'precision' } }) },
      { series: roc, made: chart({ title: isAll ? 'ROC of the answers' : 'ROC', told, diagonal: true, series: [{ points: roc }],
        x: { ...share, title: isAll ? 'wrong answers kept' : 'false alarms' }, y: { ...share, title: isAll ? 'right answers kept' : 'found' } }) },
      { series: risk, made: chart({ title: 'Risk and coverage', told, series: [{ points: risk }],
        x: { ...share, title: isAll ? 'kept, of all clips' : 'kept, of those named so' }, y: { ...share, high: highest, title: 'errors among the kept' } }) },
      { series: null, made: chart({ title: 'Reliability', told, diagonal: true, series: [{ points: dots, dots: true }],
        bars: sums.map(s => ({ from: s.from, to: s.to, height: 0.25 * s.n / most })),
        x: { ...share, title: isAll ? 'confidence' : 'score of the class' }, y: { ...share, title: isAll ? 'right' : 'of the class' } }) },
    ];
  };

  report.section('curves', 'Curves and threshold', () => {
    const charts = h('div', { class: 'charts' }), said = h('p', { id: 'threshold-says', role: 'status' });
    const slider = h('input', { type: 'range', id: 'threshold', min: 0, max: 1, step: 0.005, value: 0.5, 'aria-describedby': 'threshold-says' });
    const exact = h('output', { for: 'threshold' });
    const select = h('select', { id: 'curve-class' }, h('option', { value: -1 }, 'all classes: the answers'),
      classes.map((text, i) => h('option', { value: i }, page.visible(text))));
    let index = -1, threshold = 0.5, drawn = [];

    const say = () => {
      let kept = 0, errors = 0, named = 0, found = 0;
      for (const clip of everyClip) {
        if (report.confidences[clip] >= threshold) {
          kept += 1;
          errors += report.isRight(clip) ? 0 : 1;
        }
        if (index >= 0 && report.score(clip, index) >= threshold) {
          named += 1;
          found += report.labels[clip] === index ? 1 : 0;
        }
      }
      const total = index >= 0 ? source.perClass.support[index] : 0;
      said.replaceChildren(
        `At ${decimal(threshold)}: ${kept.toLocaleString('en')} of ${count.toLocaleString('en')} answers kept (${percent(kept / count)}), `,
        `${(count - kept).toLocaleString('en')} unknown; ${errors} errors among the kept`, kept ? ` (${percent(errors / kept)})` : '', '.',
        ...(index >= 0 ? [' Of ', name(classes[index]), `: ${found} of ${total} found (recall ${percent(total ? found / total : NaN)}), ${named - found} false alarms (precision ${percent(named ? found / named : NaN)}).`] : []));
      exact.textContent = decimal(threshold);
    };
    const move = (value, from) => {
      threshold = value;
      if (from !== slider) slider.value = value;
      for (const { series, made } of drawn) {
        if (!series) { made.cursor(value); continue; }
        // The last step whose score is still at least the threshold.
        const point = series.findLast(p => p.at >= value);
        made.mark(0, point ?? null);
      }
      say();
    };
    const draw = () => {
      drawn = curves(index, point => move(point.at));
      charts.replaceChildren(...drawn.map(({ made }) => made.element));
      move(threshold);
    };
    slider.addEventListener('input', () => move(Number(slider.value), slider));
    select.addEventListener('change', () => { index = Number(select.value); draw(); });
    draw();
    return [
      h('p', { class: 'soft' }, 'What ', h('span', { class: 'mono' }, 'label --threshold'), ' would do: answers below the threshold become ',
        h('span', { class: 'mono' }, 'unknown'), '. Move the pointer over a curve, or the slider.',
        !report.isComplete && ' With so many clips and classes this page keeps the highest scores of each clip; lower ones count as 0 in the curves of one class.'),
      h('div', { class: 'controls screen-only' },
        h('label', { for: 'curve-class' }, 'Curves of'), select, h('label', { for: 'threshold' }, 'Threshold'), slider, exact,
        h('button', { type: 'button', onclick: () => filter.set({ kind: 'wrong', low: threshold }, { alone: true, go: true }) }, 'Show errors among the kept'),
        h('button', { type: 'button', onclick: () => filter.set({ high: threshold }, { alone: true, go: true }) }, 'Show those below')),
      said, charts,
    ];
  });

  Object.assign(report, { chart, share });
}
