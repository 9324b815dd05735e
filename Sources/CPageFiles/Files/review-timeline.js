// A movie's time from left to right: a strip of frames, and the segments below it.
const timeline = (() => {
  const { classes, unknown } = corrections;
  /** The first seven classes differ by colour, the next ones by hatching as well. */
  const look = label => {
    const place = classes.indexOf(label);
    return label === unknown || place < 0 ? 'none' : `c${place % 7 + 1} h${Math.min(3, Math.floor(place / 7))}`;
  };
  const share = (movie, seconds) => `${(100 * Math.min(1, Math.max(0, seconds / movie.duration))).toFixed(3)}%`;

  /** Frames at even distances, each as wide as it is. */
  const strip = (movie, height) => {
    const root = page.h('div', { class: 'strip', 'aria-hidden': 'true' });
    root.style.height = height + 'px';
    if (!movie.strip) return root;
    const address = `url(data:image/jpeg;base64,${movie.strip})`;
    for (let place = 0; place < movie.frames; place += 1) {
      const picture = page.h('span', {});
      const style = picture.style;
      style.backgroundImage = address;
      style.backgroundSize = `${100 * movie.frames}% 100%`;
      style.backgroundPositionX = movie.frames > 1 ? `${100 * place / (movie.frames - 1)}%` : '0';
      style.width = Math.round(height * Math.min(4, Math.max(.25, movie.aspect))) + 'px';
      root.append(page.h('span', { class: 'frame' }, picture));
    }
    return root;
  };

  const spoken = (movie, part) => `${part.label}, ${page.time(part.start)} to ${page.time(part.end)}`
    + (corrections.isChanged(movie, part) ? ', changed' : `, score ${page.percent(part.score, 0)}`)
    + (part.reviewed ? ', reviewed' : part.asked ? ', asked for' : '');

  /** Coloured bars; `make(part, place)` makes the element of each in `range`. Where there are very
      many, those too short to be seen are left out, but never the one at `kept`. */
  const bars = (movie, make, range = [0, Infinity], kept = -1) => {
    const root = page.h('div', { class: 'bars' });
    const isCrowded = range[1] === Infinity && movie.segments.length > 300;
    movie.segments.forEach((part, place) => {
      if (place < range[0] || place >= range[1]) return;
      if (isCrowded && place !== kept && part.end - part.start < movie.duration / 600) return;
      const bar = make(part, place);
      bar.classList.add('bar', ...look(part.label).split(' '));
      bar.classList.toggle('reviewed', part.reviewed);
      bar.classList.toggle('asked', part.asked && !part.reviewed);
      bar.style.left = share(movie, part.start);
      bar.style.width = share(movie, part.end - part.start);
      bar.append(page.h('bdi', {}, page.visible(part.label)));
      root.append(bar);
    });
    return root;
  };

  return { look, share, strip, bars, spoken };
})();
