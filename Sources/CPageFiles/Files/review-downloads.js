// Corrections as files: a manifest for train, records for merge, subtitles.
const downloads = (() => {
  const { movies, classes, unknown, isReviewed, isChanged, hasChanges } = corrections;
  const round = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;

  const cell = text => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const line = cells => cells.map(cell).join(',') + '\n';

  /** A line for each segment that was reviewed: `filepath,label,start,end,group`. A movie of one
      label is named without times, so that it is the same clip as in a data set of whole movies. */
  const manifest = () => {
    const rows = [], complete = [], left = { unknown: 0, nameless: 0, due: 0 };
    for (const movie of movies) {
      const parts = movie.segments.filter(part => part.reviewed);
      const due = movie.segments.filter(part => !part.reviewed && isChanged(movie, part)).length, before = rows.length;
      left.due += due;
      if (parts.length && !movie.isNamed) { left.nameless += 1; continue; }
      for (const part of parts) {
        if (part.label === unknown && !corrections.data.classes.includes(unknown)) { left.unknown += 1; continue; }
        const times = movie.segments.length === 1 ? ['', ''] : [String(round(part.start, 3)), String(round(part.end, 3))];
        rows.push(line([movie.name, part.label, ...times, movie.group]));
      }
      if (!due && rows.length - before === parts.length) complete.push(movie);
    }
    return { text: line(['filepath', 'label', 'start', 'end', 'group']) + rows.join(''), count: rows.length, left, complete };
  };

  /** The record of a movie as it is now. What a person says has the score 1; the movie's scores
      are the shares of time of its labels. */
  const record = movie => {
    if (!hasChanges(movie)) return movie.record;
    const total = movie.segments.reduce((sum, part) => sum + part.end - part.start, 0);
    const names = [...new Set([...Object.keys(movie.record.scores ?? {}), ...movie.segments.map(part => part.label)])];
    const shares = names.map(name => {
      const seconds = movie.segments.reduce((sum, part) => sum + (part.label === name ? part.end - part.start : 0), 0);
      return [name, round(seconds / total, 6)];
    });
    const best = shares.reduce((most, share) => share[1] > most[1] ? share : most);
    const changed = { ...movie.record, label: best[0], score: best[1], scores: Object.fromEntries(shares) };
    if (changed.top) changed.top = shares.toSorted((one, two) => two[1] - one[1])
      .slice(0, changed.top.length).map(([label, score]) => ({ label, score }));
    if (!movie.isWhole || movie.segments.length > 1) changed.segments = movie.segments.map(part => ({
      start: round(part.start, 3), end: round(part.end, 3), label: part.label,
      score: isChanged(movie, part) ? 1 : part.score }));
    return changed;
  };
  const records = () => {
    const chosen = movies.filter(movie => isReviewed(movie) || hasChanges(movie));
    return { text: chosen.map(movie => JSON.stringify(record(movie)) + '\n').join(''), count: chosen.length, complete: chosen };
  };

  const clock = (seconds, point) => {
    const all = Math.round(Math.max(0, seconds) * 1000), two = value => String(Math.floor(value)).padStart(2, '0');
    return `${two(all / 3_600_000)}:${two(all / 60_000 % 60)}:${two(all / 1000 % 60)}${point}${String(all % 1000).padStart(3, '0')}`;
  };
  const plain = text => text.replace(/[\r\n\u0085\u2028\u2029]+/g, ' ');
  const escaped = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const webVTT = movie => 'WEBVTT\n' + movie.segments.map((part, place) =>
    `\n${place + 1}\n${clock(part.start, '.')} --> ${clock(part.end, '.')}\n${escaped(plain(part.label))}\n`).join('');
  const subRip = movie => movie.segments.map((part, place) =>
    `${place + 1}\n${clock(part.start, ',')} --> ${clock(part.end, ',')}\n${plain(part.label)}\n`).join('\n');
  /** The movie's name with another extension, and nothing of its folders. */
  const fileName = (movie, extension) => {
    const name = movie.name.replace(/\/+$/, '').split('/').at(-1).replace(/[\u0000-\u001f\u007f"*:<>?\\|]/g, '_');
    return (name.replace(/(.)\.[^.]*$/, '$1') || 'movie') + '.' + extension;
  };

  /** Remembers movies whose corrections are in a file in full, as they are now. */
  const remember = complete => { for (const movie of complete) movie.downloaded = movie.segments; };

  /** Each offers its file and says what is in it. */
  return {
    manifest() {
      const { text, count, left, complete } = manifest();
      page.download('corrections.csv', 'text/csv', text);
      remember(complete);
      return `corrections.csv: ${count} ${count === 1 ? 'clip' : 'clips'}`
        + (left.unknown ? `; ${left.unknown} labelled unknown left out` : '')
        + (left.due ? `; ${left.due} with new borders left out, whose labels are not reviewed` : '')
        + (left.nameless ? `; ${left.nameless} movies left out whose names are not UTF-8, which no list can say: rename them (corrections.jsonl has them)` : '');
    },
    records() {
      const { text, count, complete } = records();
      page.download('corrections.jsonl', 'application/x-ndjson', text);
      remember(complete);
      return `corrections.jsonl: ${count} ${count === 1 ? 'movie' : 'movies'}`;
    },
    subtitles(movie, format) {
      const name = fileName(movie, format);
      page.download(name, format === 'vtt' ? 'text/vtt' : 'application/x-subrip', format === 'vtt' ? webVTT(movie) : subRip(movie));
      return `${name}: ${movie.segments.length} segments`;
    },
    texts: { manifest, records, webVTT, subRip },
    classes,
  };
})();
