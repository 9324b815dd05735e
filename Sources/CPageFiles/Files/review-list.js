// The list of movies: order, filters, search.
const movieList = (() => {
  const { movies, isDone, isReviewed, hasChanges } = corrections;
  const select = (id, options) => page.h('select', { id },
    options.map(([value, text]) => page.h('option', { value }, text)));
  const field = (label, control) => page.h('label', { class: 'field' }, page.h('span', {}, label), control);

  const search = page.h('input', { id: 'search', type: 'search', autocomplete: 'off', spellcheck: 'false' });
  const order = select('order', [['doubt', 'by doubt'], ['name', 'by name'], ['length', 'by length']]);
  const state = select('state', [['all', 'all'], ['due', 'to review'], ['done', 'reviewed'], ['changed', 'changed'],
    ['failed', 'not readable']]);
  const label = select('label', [['', 'any']]);
  const group = select('group', [['', 'any']]);
  const groups = [...new Set(movies.map(movie => movie.group))].sort();
  const count = page.h('p', { class: 'soft', role: 'status' });
  const root = page.h('div', { id: 'movies', 'aria-label': 'Movies' });

  /** Texts are compared by code points, as the program does; the order is the same everywhere. */
  const before = (one, two) => one < two ? -1 : one > two ? 1 : 0;
  const byName = [...movies].sort((one, two) => before(one.name, two.name) || one.index - two.index);
  const orders = {
    name: byName,
    doubt: [...byName].sort((one, two) => !one.segments.length - !two.segments.length || two.doubt - one.doubt),
    length: [...byName].sort((one, two) => two.duration - one.duration),
  };
  const states = {
    all: () => true,
    due: movie => movie.segments.length > 0 && !isDone(movie),
    done: isDone,
    changed: hasChanges,
    failed: movie => !movie.segments.length,
  };

  let shown = [], chosen = null, listener = () => {};
  const row = movie => {
    const first = movie.segments.length === 1 ? movie.segments[0] : null;
    const mark = !movie.segments.length ? 'not readable' : isDone(movie) ? (hasChanges(movie) ? '✓ changed' : '✓')
      : hasChanges(movie) ? 'changed' : isReviewed(movie) ? 'in part' : '';
    const head = page.h('div', { class: 'head' },
      page.name(movie.name), page.h('span', { class: 'mark' }, mark),
      page.h('span', { class: 'soft figure' }, movie.segments.length
        ? `doubt ${page.percent(movie.doubt, 0)}` : movie.record.error?.code ?? ''));
    const element = page.h('div', { class: 'movie' }, head);
    if (movie.segments.length) {
      element.append(timeline.strip(movie, 44), timeline.bars(movie, () => page.h('span', {})));
    } else element.append(page.h('p', { class: 'soft trouble' }, page.visible(movie.record.error?.message ?? '')));
    element.setAttribute('aria-label', `${page.visible(movie.name)}: `
      + (first ? timeline.spoken(movie, first) : movie.segments.length ? `${movie.segments.length} segments` : 'not readable')
      + (mark ? `, ${mark}` : ''));
    if (movie === chosen) element.setAttribute('aria-current', 'true');
    return element;
  };
  const list = new page.VirtualList(root, {
    render: row, height: () => 108, printed: 2000, choose: movie => { if (movie !== chosen) listener(movie); } });

  const apply = () => {
    const text = search.value.toLowerCase(), { value } = label;
    const from = group.value === '' ? null : groups[Number(group.value)];
    shown = orders[order.value].filter(movie =>
      states[state.value](movie) && (from === null || movie.group === from)
      && (value === '' || movie.segments.some(part => part.label === corrections.classes[Number(value)]
        || value === 'unknown' && part.label === corrections.unknown))
      && (!text || movie.name.toLowerCase().includes(text)));
    list.current = Math.max(0, shown.indexOf(chosen));
    list.show(shown);
    const all = `${movies.length} ${movies.length === 1 ? 'movie' : 'movies'}`;
    count.textContent = shown.length === movies.length ? all : `${shown.length} of ${all}`;
  };
  /** Labels may have been added since. */
  const fillLabels = () => {
    if (label.options.length === corrections.classes.length + 2) return;
    const { value } = label;
    label.replaceChildren(page.h('option', { value: '' }, 'any'),
      ...corrections.classes.map((name, place) => page.h('option', { value: String(place) }, page.visible(name))),
      page.h('option', { value: 'unknown' }, 'unknown'));
    label.value = value;
  };
  fillLabels();
  group.append(...groups.map((name, place) => page.h('option', { value: String(place) }, page.visible(name))));
  if (corrections.isAsked) state.value = 'all';
  for (const control of [order, state, label, group]) control.addEventListener('change', apply);
  search.addEventListener('input', apply);

  return {
    element: page.h('section', { class: 'side', 'aria-label': 'List of movies' },
      page.h('div', { class: 'filters screen-only' }, field('Search', search), field('Order', order), field('Show', state),
        field('Label', label), groups.length > 1 && groups.length < movies.length ? field('Group', group) : null),
      count, root),
    apply, search,
    get shown() { return shown; },
    onChoice(act) { listener = act; },
    /** Marks a movie as the one that is looked at, and brings it into view. */
    choose(movie, { focus = false } = {}) {
      chosen = movie;
      const place = shown.indexOf(movie);
      if (place < 0) { list.refresh(); return; }
      const isFocused = root.contains(document.activeElement);
      list.current = place;
      list.refresh();
      if (focus || isFocused) list.focus(place);
      else {
        const top = place * 108, room = root.clientHeight;
        if (top < root.scrollTop) root.scrollTop = top;
        else if (top + 108 > root.scrollTop + room) root.scrollTop = top + 108 - room;
        list.draw();
      }
    },
    refresh() {
      fillLabels();
      const isFocused = root.contains(document.activeElement);
      list.refresh();
      if (isFocused) list.focus(list.current);
    },
  };
})();
