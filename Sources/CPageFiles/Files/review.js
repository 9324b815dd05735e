// The movie that is looked at, the keys, and the page around them.
(() => {
  const { movies, classes, unknown } = corrections;
  let movie = null, place = 0;

  // MARK: Timeline of the movie

  const detail = page.h('section', { class: 'detail', 'aria-label': 'The movie' });
  const head = page.h('div', { class: 'playhead', hidden: true });
  const showHead = () => {
    head.hidden = player.time === null;
    if (player.time !== null) head.style.left = timeline.share(movie, player.time);
  };
  player.onTime(showHead);
  const secondsAt = (event, element) => {
    const box = element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * movie.duration;
  };

  /** A border between two segments, which is dragged or moved by keys. */
  const handle = (border, frame) => {
    const [least, most] = corrections.room(movie, border);
    const at = movie.segments[border].start;
    const own = page.h('div', { class: 'handle', role: 'slider', tabindex: '0', 'aria-orientation': 'horizontal',
      'aria-label': `Border between ${page.visible(movie.segments[border - 1].label)} and ${page.visible(movie.segments[border].label)}`,
      'aria-valuemin': least.toFixed(3), 'aria-valuemax': Math.max(least, most).toFixed(3), 'aria-valuenow': at.toFixed(3),
      'aria-valuetext': `${at.toFixed(3)} seconds`, 'data-border': border });
    own.style.left = timeline.share(movie, at);
    let target = null;
    own.addEventListener('pointerdown', event => {
      event.preventDefault();
      own.focus();
      own.setPointerCapture(event.pointerId);
      target = at;
    });
    own.addEventListener('pointermove', event => {
      if (target === null) return;
      target = corrections.border(movie, border, secondsAt(event, frame));
      own.style.left = timeline.share(movie, target);
      const [left, right] = [border - 1, border].map(other => frame.querySelector(`[data-place="${other}"]`));
      left.style.width = timeline.share(movie, target - movie.segments[border - 1].start);
      right.style.left = timeline.share(movie, target);
      right.style.width = timeline.share(movie, movie.segments[border].end - target);
      player.place(target);
      clock.textContent = `${target.toFixed(3)} s`;
    });
    own.addEventListener('pointerup', () => {
      if (target === null) return;
      const to = target;
      target = null;
      clock.textContent = '';
      moveBorder(border, to);
    });
    own.addEventListener('keydown', event => {
      const frames = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (frames === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      moveBorder(border, movie.segments[border].start + frames * (event.shiftKey ? 10 : 1) * corrections.frame(movie));
    });
    return own;
  };
  const moveBorder = (border, seconds) => {
    if (border < 1 || border >= movie.segments.length) return;
    const hadFocus = document.activeElement?.dataset?.border === String(border);
    if (corrections.move(movie, border, seconds, place) === null) { if (hadFocus) focusHandle(border); showTimeline(); return; }
    edited(`border at ${movie.segments[border].start.toFixed(3)} seconds`);
    player.place(movie.segments[border].start);
    if (hadFocus) focusHandle(border);
  };
  const focusHandle = border => detail.querySelector(`[data-border="${border}"]`)?.focus();

  /** What the page says to those who see it and to those who listen. */
  const said = page.h('p', { class: 'soft', role: 'status' });
  const clock = page.h('span', { class: 'clock soft' });
  const board = page.h('div', { class: 'board' });
  let zoom = 1;
  const magnify = factor => {
    if (!isLabelled()) return;
    zoom = Math.min(1024, Math.max(1, zoom * factor));
    showTimeline();
  };
  const showTimeline = () => {
    const hadFocus = board.contains(document.activeElement) && document.activeElement.matches('.bar');
    const frame = page.h('div', { class: 'frame-of-time' });
    const strip = timeline.strip(movie, 64);
    strip.addEventListener('click', event => player.look(secondsAt(event, frame)));
    // Of very many segments those around the current one.
    const range = [Math.max(0, place - 150), Math.min(movie.segments.length, place + 150)];
    const bars = timeline.bars(movie, (part, other) => page.h('button', {
      type: 'button', 'aria-pressed': other === place ? 'true' : 'false', 'aria-label': timeline.spoken(movie, part),
      'data-place': other, onclick: () => choose(movie, other) }), range);
    frame.append(strip, bars);
    for (let border = Math.max(1, range[0]); border < range[1]; border += 1) frame.append(handle(border, frame));
    frame.append(head);
    frame.style.width = `${100 * zoom}%`;
    board.replaceChildren(frame);
    const part = movie.segments[place];
    board.scrollLeft = frame.offsetWidth * (part.start + part.end) / 2 / movie.duration - board.clientWidth / 2;
    if (hadFocus) bars.querySelector(`[data-place="${place}"]`)?.focus();
    showHead();
  };

  // MARK: What can be done

  const button = (text, key, act, explanation) => page.h('button', {
    type: 'button', onclick: act, 'aria-keyshortcuts': key, 'data-tip': explanation }, text, page.h('kbd', { 'aria-hidden': 'true' }, key));
  const undoButton = button('Undo', 'U', () => stepBack(), 'Takes the last change back');
  const redoButton = button('Redo', 'R', () => stepOn(), 'Does again what was taken back');
  const resetButton = button('Model’s labels', 'O', () => reset(), 'The labels that the model gave this movie again, as if you had not looked at it; Undo brings yours back');
  const tools = page.h('div', { class: 'tools' },
    button('Accept', 'Enter', () => accept(), 'The label is right; on to the next segment'),
    button('Accept movie', 'A', () => acceptMovie(), 'All labels of this movie are right'),
    button('Play', 'Space', () => player.play(), 'Plays this segment'),
    button('Split', 'S', () => split(), 'Cuts the segment in which the movie stands there; the selected one in its middle where you did not move the movie'),
    button('Join next', 'M', () => merge(1), 'The next segment takes this label'),
    button('Join previous', 'B', () => merge(-1), 'The segment before takes this label'),
    button('Stretch', '+', () => magnify(zoom < 1024 ? 2 : 1 / 1024), 'Shows less time, for short segments of long movies'),
    undoButton, redoButton, resetButton);

  const entry = page.h('input', { id: 'entry', list: 'labels', autocomplete: 'off', spellcheck: 'false',
    'aria-label': 'Another label', placeholder: 'another label' });
  const known = page.h('datalist', { id: 'labels' });
  const palette = page.h('div', { class: 'palette', role: 'group', 'aria-label': 'Labels' });
  entry.addEventListener('keydown', event => {
    if (event.key !== 'Escape' && event.key !== 'Enter') return;
    event.preventDefault();
    const text = event.key === 'Enter' ? entry.value.trim() : '';
    if ([...text].length > 100) { said.textContent = 'Not taken: a label has at most 100 characters.'; return; }
    entry.value = '';
    detail.focus();
    if (text) relabel(text);
  });
  const showPalette = () => {
    const current = movie.segments[place]?.label;
    known.replaceChildren(...classes.map(name => page.h('option', { value: name })));
    const choice = (name, key) => page.h('button', { type: 'button', class: `label ${timeline.look(name)}`,
      'aria-pressed': name === current ? 'true' : 'false', 'aria-keyshortcuts': key, onclick: () => relabel(name) },
    key ? page.h('kbd', { 'aria-hidden': 'true' }, key) : null, page.h('bdi', {}, page.visible(name)));
    palette.replaceChildren(
      ...classes.slice(0, 40).map((name, number) => choice(name, number < 9 ? String(number + 1) : null)),
      classes.includes(unknown) ? '' : choice(unknown, '0'), entry, known);
  };

  const facts = page.h('p', { class: 'facts' });
  const showFacts = () => {
    const part = movie.segments[place];
    facts.replaceChildren();
    if (!part) {
      const { error } = movie.record;
      facts.append('No labels: the movie could not be read', error ? page.visible(` (${error.code}): ${error.message}`) : '');
      return;
    }
    facts.append(page.h('strong', {}, page.h('bdi', {}, page.visible(part.label))), ` ${part.start.toFixed(2)} to ${part.end.toFixed(2)} s`,
      movie.segments.length > 1 ? ` (segment ${place + 1} of ${movie.segments.length})` : '',
      corrections.isChanged(movie, part) ? ', changed' : `, score ${page.percent(part.score, 0)}, doubt ${page.percent(part.doubt, 0)}`,
      part.reviewed ? ', reviewed' : '', ' ', clock);
  };

  const title = page.h('h2', { class: 'title' });
  const where = page.h('p', { class: 'soft' });
  const show = () => {
    const isReadable = movie.segments.length > 0;
    title.replaceChildren(page.name(movie.name));
    where.replaceChildren(...(movie.address ? [player.link(movie), ' · '] : []),
      isReadable ? `${page.time(movie.duration)}, ${movie.rate.toFixed(2)} frames a second` : 'not labelled',
      ' · group ', page.name(movie.group), ...(movie.isNamed ? [] : [' · its name is not UTF-8: corrections.jsonl keeps it, no list can']));
    for (const element of [tools, palette, board]) element.hidden = !isReadable;
    showFacts();
    if (isReadable) { showTimeline(); showPalette(); }
    showProgress();
  };
  const choose = (next, part = 0, options) => {
    const isOther = next !== movie;
    said.textContent = '';
    movie = next;
    place = Math.max(0, Math.min(part, movie.segments.length - 1));
    if (isOther) { zoom = 1; movieList.choose(movie, options); player.show(movie, movie.segments[place]); } else player.follow(movie.segments[place]);
    show();
  };

  // MARK: Changes

  const meter = page.h('progress', { max: 1, value: 0, 'aria-label': 'Reviewed' });
  const meterText = page.h('span', {});
  const trouble = page.h('p', { class: 'trouble', role: 'alert' });
  const showProgress = () => {
    const { due, done, changed } = corrections.progress();
    meter.max = Math.max(1, due);
    meter.value = done;
    meterText.textContent = `${done} of ${due} segments reviewed, ${changed} ${changed === 1 ? 'movie' : 'movies'} changed`;
    resetButton.disabled = !isLabelled() || corrections.isUntouched(movie);
    undoButton.disabled = !corrections.canUndo;
    redoButton.disabled = !corrections.canRedo;
    trouble.textContent = corrections.trouble ?? '';
    trouble.hidden = !corrections.trouble;
  };
  const edited = what => { said.textContent = ''; show(); movieList.refresh(); page.announce(what); };
  const isLabelled = () => movie?.segments.length > 0;

  /** The next segment that is to be reviewed: in this movie, then in those below it. */
  const goOn = () => {
    const after = movie.segments.findIndex((part, other) => other > place && corrections.isDue(part));
    if (after >= 0) { choose(movie, after); return; }
    const { shown } = movieList, from = shown.indexOf(movie);
    for (let step = 1; step <= shown.length; step += 1) {
      const next = shown[(from + step) % shown.length], due = next.segments.findIndex(corrections.isDue);
      if (due >= 0) { choose(next, due); return; }
    }
    page.announce('All of the list is reviewed');
  };
  const accept = () => {
    if (!isLabelled()) { goOn(); return; }
    corrections.accept(movie, place);
    edited(`accepted ${movie.segments[place].label}`);
    goOn();
  };
  const acceptMovie = () => {
    if (!isLabelled()) return;
    corrections.acceptAll(movie, place);
    edited('accepted the movie');
    goOn();
  };
  const reset = () => {
    const next = isLabelled() ? corrections.reset(movie, place) : null;
    if (next === null) return;
    choose(movie, next);
    edited('the model’s labels again');
  };
  const relabel = text => {
    if (!isLabelled()) return;
    corrections.label(movie, place, text);
    edited(`labelled ${text}`);
  };
  const split = () => {
    if (!isLabelled()) return;
    const { wasMoved, time } = player, selected = movie.segments[place];
    const own = wasMoved ? movie.segments.findIndex(part => time >= part.start && time < part.end) : place;
    const next = own < 0 ? null : corrections.split(movie, own, wasMoved ? time : (selected.start + selected.end) / 2);
    if (next === null) {
      said.textContent = wasMoved ? 'Not split: the movie stands at a border.' : 'Not split: the segment is too short.';
      return;
    }
    place = next;
    edited(`split at ${movie.segments[place].start.toFixed(3)} seconds`);
    // The next split is one of the new segment; a movie that plays is left alone.
    if (!player.isPlaying) player.follow(movie.segments[place]);
  };
  const merge = direction => {
    if (!isLabelled()) return;
    const next = corrections.merge(movie, place, direction);
    if (next === null) { page.announce('there is no such segment'); return; }
    place = next;
    edited(`joined, ${movie.segments[place].label}`);
  };
  /** Shows what another tab did, and says so. */
  const takeOver = items => {
    const at = movie?.segments[place]?.start, isTyping = document.activeElement === entry;
    const taken = corrections.takeOver(items);
    if (!taken.length) return;
    if (taken.includes(movie)) {
      place = Math.max(0, movie.segments.findIndex(part => part.end > at));
      show();
      if (isTyping) entry.focus();
    } else showProgress();
    movieList.refresh();
    said.textContent = taken.length === 1 ? `Taken over from another tab: ${page.visible(taken[0].name)} (U undoes it).`
      : `Taken over from another tab: ${taken.length} movies (U undoes it).`;
  };
  addEventListener('storage', event => { takeOver(movies.filter(item => item.key === event.key)); });
  // A page that the browser set aside and shows again was told of nothing.
  addEventListener('pageshow', event => { if (event.persisted) takeOver(movies); });
  const after = (edit, word) => {
    if (!edit) return;
    choose(edit.item, edit.place);
    edited(`${word}: ${edit.what}`);
  };
  const stepBack = () => after(corrections.undo(), 'undone');
  const stepOn = () => after(corrections.redo(), 'done again');

  const step = by => {
    if (!movie) return;
    const next = place + by;
    if (next >= 0 && next < movie.segments.length) { choose(movie, next); return; }
    const { shown } = movieList, other = shown[shown.indexOf(movie) + by];
    if (other) choose(other, by > 0 ? 0 : Infinity);
  };
  const stepMovie = by => {
    const other = movieList.shown[movieList.shown.indexOf(movie) + by];
    if (other) choose(other);
  };

  // MARK: Keys

  const nudge = (border, frames) => {
    if (!isLabelled() || border < 1 || border >= movie.segments.length) return;
    moveBorder(border, movie.segments[border].start + frames * corrections.frame(movie));
  };
  const keys = {
    Enter: accept, a: acceptMovie, ' ': player.play, s: split, m: () => merge(1), b: () => merge(-1), u: stepBack, r: stepOn, o: reset,
    j: () => stepMovie(1), k: () => stepMovie(-1), n: goOn, ArrowRight: () => step(1), ArrowLeft: () => step(-1),
    '[': () => nudge(place, -1), ']': () => nudge(place, 1), '{': () => nudge(place + 1, -1), '}': () => nudge(place + 1, 1),
    '+': () => magnify(2), '-': () => magnify(1 / 2), l: () => entry.focus(), '/': () => movieList.search.focus(), '?': () => showHelp(),
  };
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || help.open) return;
    const target = event.target;
    const isTyping = target.matches?.('input:not([type="checkbox"]), select, textarea');
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !isTyping) {
      const key = event.key.toLowerCase();
      if (key === 'z' || key === 'y') { event.preventDefault(); (key === 'y' || event.shiftKey ? stepOn : stepBack)(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping) { if (event.key === 'Escape') target.blur(); return; }
    // A button or link that has the focus keeps its own keys.
    if ((event.key === 'Enter' || event.key === ' ') && target.matches?.('button, a, summary, video')) return;
    const digit = /^[0-9]$/.test(event.key) ? Number(event.key) : null;
    const act = digit !== null ? () => {
      const name = digit === 0 ? unknown : classes[digit - 1];
      if (name !== undefined) relabel(name);
    } : keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // Without movies only the list of keys can be shown.
    if (!act || (!movie && event.key !== '?')) return;
    event.preventDefault();
    act();
  });

  const help = page.h('dialog', { id: 'help', 'aria-labelledby': 'help-title' },
    page.h('h2', { id: 'help-title' }, 'Keys'),
    page.h('table', {}, page.h('tbody', {}, [
      ['Enter', 'the label is right; on to the next segment that is to be reviewed'], ['A', 'all labels of the movie are right'],
      ['1 … 9', 'change the label to that class; 0 is unknown'], ['L', 'type a label'],
      ['← →', 'previous, next segment'], ['K J', 'previous, next movie'], ['N', 'next segment that is to be reviewed'],
      ['Space', 'play the segment'], ['S', 'split the segment in which the movie stands there; the selected one in its middle where you did not move the movie'],
      ['M B', 'join with the next, the previous segment'], ['[ ]', 'move the start by a frame'],
      ['{ }', 'move the end by a frame'], ['+ -', 'stretch the timeline, and back'], ['U R', 'undo, redo (also Ctrl+Z, Ctrl+Y)'], ['O', 'the original labels of the model again for this movie (U brings yours back)'], ['/', 'search'],
    ].map(([key, text]) => page.h('tr', {}, page.h('th', { scope: 'row' }, page.h('kbd', {}, key)), page.h('td', {}, text))))),
    page.h('p', {}, 'A border that has the focus moves by a frame with the arrow keys, by ten with the page keys or Shift; or drag it. '
      + 'That reviews the selected segment, not the one beyond the border; to split a segment reviews neither half.'),
    page.h('button', { type: 'button', onclick: () => help.close() }, 'Close'));
  const showHelp = () => help.showModal();

  // MARK: The page

  const offer = (text, act) => page.h('button', { type: 'button', disabled: !movies.length, onclick: () => { said.textContent = act(); showProgress(); } }, text);
  detail.tabIndex = -1;
  detail.append(title, where, player.element, facts, board, palette, tools);
  document.querySelector('main').append(
    page.h('div', { class: 'top' },
      page.h('div', { class: 'progress' }, meter, ' ', meterText),
      page.h('div', { class: 'files screen-only' },
        offer('Corrections for train (.csv)', downloads.manifest), offer('Records for merge (.jsonl)', downloads.records),
        offer('Subtitles (.vtt)', () => downloads.subtitles(movie, 'vtt')), offer('Subtitles (.srt)', () => downloads.subtitles(movie, 'srt')),
        button('Keys', '?', () => showHelp(), 'Everything can be done by keyboard')),
      said, trouble),
    page.h('div', { class: 'columns' }, movieList.element, detail), help);
  addEventListener('beforeunload', event => { if (corrections.isAtRisk()) event.preventDefault(); });
  movieList.onChoice(next => choose(next));
  movieList.apply();
  const first = movieList.shown[0];
  if (first) choose(first, Math.max(0, first.segments.findIndex(corrections.isDue)));
  else for (const control of document.querySelectorAll('.tools button, .filters :is(input, select)')) control.disabled = true;
  showProgress();
})();
