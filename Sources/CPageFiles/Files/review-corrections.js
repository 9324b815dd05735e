// The movies of a review page and what was corrected of them: edits, undo, and keeping both.
const corrections = (() => {
  const data = page.data('review');
  const unknown = 'unknown';

  /** A segment: seconds, label, the model's score and doubt, whether it was asked for and reviewed. */
  const segment = (start, end, label, score, doubt, asked) =>
    ({ start, end, label, score, doubt, asked, reviewed: false });

  const movie = (entry, index) => {
    const record = JSON.parse(entry.record);
    const asked = new Set(entry.asked ?? []);
    const isWhole = !record.segments?.length;
    const parts = record.status === 'error' ? [] : isWhole
      ? [{ start: 0, end: record.duration || 0.001, label: record.label, score: record.score }] : record.segments;
    const segments = parts.map((part, place) =>
      segment(part.start, part.end, part.label, part.score, entry.doubts[place], asked.has(place)));
    return {
      index, record, isWhole, segments, original: segments.map(part => ({ ...part })),
      name: record.path, isNamed: record.path_bytes === undefined,
      group: entry.group, address: entry.address, strip: entry.strip, frames: entry.frames, aspect: entry.aspect,
      key: `vidclass-review-${entry.key}`, doubt: Math.max(0, ...entry.doubts),
      duration: record.duration || (isWhole ? 0.001 : parts.at(-1).end),
      rate: record.fps > 0 ? record.fps : record.frames > 0 && record.duration > 0 ? record.frames / record.duration : 25,
    };
  };

  const movies = data.movies.map(movie);
  const classes = [...data.classes];
  const know = label => { if (label !== unknown && !classes.includes(label)) classes.push(label); };
  const isAsked = data.asked > 0;

  // MARK: Keeping

  let trouble = null;
  /** Movies of which the browser did not keep the last change. */
  const unkept = new Set();
  const isSound = (parts, item) => Array.isArray(parts) && parts.length > 0 && parts.every((part, place) =>
    page.isNumber(part.start) && page.isNumber(part.end) && part.end > part.start && typeof part.label === 'string'
    && part.label !== '' && (place === 0 || part.start === parts[place - 1].end))
    && parts[0].start === item.original[0].start && parts.at(-1).end === item.original.at(-1).end;
  const keep = item => {
    unkept.add(item);
    // Where one change found no room, a later one may have made some.
    for (const other of [...unkept]) {
      try {
        if (isUntouched(other)) localStorage.removeItem(other.key);
        else localStorage.setItem(other.key, JSON.stringify(other.segments));
        unkept.delete(other);
      } catch (error) {
        // It stays among those that are told of.
      }
    }
  };
  /** Whether closing the page loses what was done: neither kept nor downloaded as it is now. */
  const isAtRisk = () => [...unkept].some(item => item.downloaded !== item.segments && !isUntouched(item));
  /** What the browser keeps of a movie: null where that is nothing, or cannot be of it. */
  const kept = item => {
    const segments = item.original.length ? JSON.parse(localStorage.getItem(item.key)) : null;
    return segments && isSound(segments, item) ? segments : null;
  };
  const restore = () => {
    for (const item of movies) {
      try {
        item.segments = kept(item) ?? item.segments;
      } catch (error) {
        trouble = 'What this browser may have kept of this page cannot be read.';
      }
      item.segments.forEach(part => know(part.label));
    }
  };

  // MARK: What was done

  const same = (part, other) => part.start === other.start && part.end === other.end && part.label === other.label;
  const isChanged = (item, part) => !item.original.some(other => same(part, other));
  const isUntouched = item =>
    item.segments.length === item.original.length && item.segments.every((part, place) => same(part, item.original[place]) && !part.reviewed);
  const isReviewed = item => item.segments.some(part => part.reviewed);
  const isDone = item => item.segments.length > 0 && item.segments.every(part => part.reviewed || (isAsked && !part.asked));
  const hasChanges = item => item.segments.some(part => isChanged(item, part));
  const isDue = part => !part.reviewed && (!isAsked || part.asked);
  const progress = () => {
    let due = 0, done = 0;
    for (const item of movies) for (const part of item.segments) {
      if (!isAsked || part.asked) { due += 1; done += part.reviewed ? 1 : 0; }
    }
    return { due, done, changed: movies.filter(hasChanges).length };
  };

  // MARK: Edits

  const past = [], future = [];
  /** Puts other segments in place of a movie's; `place` is the one that is looked at afterwards. */
  const put = (item, segments, what, place, before = place) => {
    past.push({ item, before: item.segments, after: segments, what, place, from: before });
    if (past.length > 10_000) past.shift();
    future.length = 0;
    item.segments = segments;
    keep(item);
    return place;
  };
  const edited = (item, place, change) =>
    item.segments.map((part, other) => other === place ? { ...part, ...change } : part);

  const accept = (item, place) =>
    put(item, edited(item, place, { reviewed: true }), `accepted ${item.segments[place].label}`, place);
  const acceptAll = (item, place) =>
    put(item, item.segments.map(part => ({ ...part, reviewed: true })), 'accepted the movie', place);
  /** The labels that the model gave, as if nobody had looked at them; null where they are there. */
  const reset = (item, place) => {
    if (isUntouched(item)) return null;
    const next = Math.max(0, item.original.findIndex(part => part.end > item.segments[place].start));
    return put(item, item.original.map(part => ({ ...part })), 'the model’s labels again', next, place);
  };
  const label = (item, place, text) => {
    know(text);
    return put(item, edited(item, place, { label: text, reviewed: true }), `labelled ${text}`, place);
  };
  /** Seconds as records have them: on a frame, to the millisecond. */
  const onFrame = (item, seconds) => Math.round(Math.round(seconds * item.rate) / item.rate * 1000) / 1000;
  const frame = item => 1 / item.rate;

  const split = (item, place, seconds) => {
    const part = item.segments[place], at = onFrame(item, seconds);
    if (!(at > part.start && at < part.end)) return null;
    // To cut says nothing of the label: what was not reviewed is still to be.
    const halves = [{ ...part, end: at }, { ...part, start: at }];
    return put(item, item.segments.toSpliced(place, 1, ...halves), `split at ${page.time(at)}`, place + 1, place);
  };
  /** Joins a segment with the one before (-1) or after it (1), which takes over its label. */
  const merge = (item, place, direction) => {
    const other = place + direction, first = Math.min(place, other);
    if (other < 0 || other >= item.segments.length) return null;
    const [one, two] = [item.segments[first], item.segments[first + 1]];
    const joined = { ...item.segments[place], start: one.start, end: two.end, reviewed: true, asked: one.asked || two.asked };
    return put(item, item.segments.toSpliced(first, 2, joined), `merged into ${joined.label}`, first, place);
  };
  /** Where the border before segment `place` may be: it leaves a tenth of a second and two frames on
      both sides, as nobody can see or hit a shorter segment; those that are shorter get no shorter. */
  const room = (item, place) => {
    const [left, right] = [item.segments[place - 1], item.segments[place]];
    // Times are whole milliseconds, so frames are met to half of one.
    const shortest = Math.max(.1, 2 / item.rate), slack = item.rate / 2000;
    const least = Math.ceil((left.start + shortest) * item.rate - slack) / item.rate;
    const most = Math.floor((right.end - shortest) * item.rate + slack) / item.rate;
    return [Math.min(least, right.start), Math.max(most, right.start)];
  };
  const border = (item, place, seconds) => {
    const [least, most] = room(item, place), at = Math.min(most, Math.max(least, seconds));
    return at === item.segments[place].start ? at : onFrame(item, at);
  };
  /** Moves the border before segment `place`. Of its two segments only the one that is looked at is
      reviewed by that. */
  const move = (item, place, seconds, selected = place) => {
    const at = border(item, place, seconds);
    const [left, right] = [item.segments[place - 1], item.segments[place]];
    if (at === right.start || !(at > left.start && at < right.end)) return null;
    const moved = [{ ...left, end: at, reviewed: left.reviewed || selected === place - 1 },
      { ...right, start: at, reviewed: right.reviewed || selected === place }];
    return put(item, item.segments.toSpliced(place - 1, 2, ...moved), `border at ${page.time(at)}`, selected);
  };

  const again = (from, to, side, place) => {
    const edit = from.pop();
    if (!edit) return null;
    to.push(edit);
    edit.item.segments = edit[side];
    keep(edit.item);
    return { item: edit.item, place: Math.min(edit[place], edit.item.segments.length - 1), what: edit.what };
  };
  /** Takes over what another tab kept since, movie by movie: the last change of a movie counts, so
      what is kept is read anew instead of what the event says, which may be older than a change of
      this tab. It can be undone here, so nothing that this tab did is lost. Gives the movies. */
  const takeOver = items => items.filter(item => {
    let segments;
    try { segments = kept(item) ?? item.original.map(part => ({ ...part })); } catch (error) { return false; }
    if (JSON.stringify(segments) === JSON.stringify(item.segments)) return false;
    segments.forEach(part => know(part.label));
    const last = past.at(-1);
    // Many changes there in a row are one here.
    if (last?.isForeign && last.item === item) last.after = segments;
    else past.push({ item, before: item.segments, after: segments, what: 'what another tab did', place: 0, from: 0, isForeign: true });
    // What was undone of it would bring back labels from before.
    for (let edit = future.length - 1; edit >= 0; edit -= 1) if (future[edit].item === item) future.splice(edit, 1);
    item.segments = segments;
    unkept.delete(item);
    return true;
  });
  const undo = () => again(past, future, 'before', 'from');
  const redo = () => again(future, past, 'after', 'place');

  restore();
  return {
    data, movies, classes, unknown, isAsked, isChanged, isReviewed, isUntouched, isDone, isDue, hasChanges, progress, accept,
    acceptAll, reset, label, split, merge, move, border, room, frame, undo, redo,
    takeOver, isAtRisk,
    get trouble() {
      return isAtRisk() ? 'This browser has no room to keep what you did here: download your corrections before you close the page.' : trouble;
    },
    get canUndo() { return past.length > 0; }, get canRedo() { return future.length > 0; },
  };
})();
