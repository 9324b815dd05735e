// The movie itself, where the browser can play it.
const player = (() => {
  const element = page.h('div', { class: 'player' });
  let movie = null, part = null, video = null, stopAt = null, placed = 0, isUnplayable = false, listener = () => {};

  const link = item => page.h('a', { href: item.address, target: '_blank', rel: 'noopener' }, 'Open ', page.name(item.name));
  const sayWhere = () => element.replaceChildren(page.h('p', { class: 'soft' },
    'This browser cannot play it here. ', link(movie), ' in another program',
    part ? `; the segment lies from ${page.time(part.start)} to ${page.time(part.end)}.` : '.'));

  /** Shows a movie, standing at a segment of it. */
  const show = (item, segment) => {
    video?.pause();
    [movie, part, video, stopAt, placed, isUnplayable] = [item, segment, null, null, segment?.start ?? 0, false];
    element.replaceChildren();
    if (!movie.address) return;
    const fragment = part ? `#t=${part.start},${part.end}` : '';
    const own = page.h('video', { src: movie.address + fragment, controls: true, preload: 'metadata', muted: true,
      playsinline: true, 'aria-label': 'The movie', tabindex: '-1' });
    own.muted = true;
    own.addEventListener('error', () => {
      if (own !== video) return;
      [video, isUnplayable] = [null, true];
      sayWhere();
    });
    own.addEventListener('timeupdate', () => {
      // The browser tells the time some times a second only: the movie is past the segment's end.
      if (own === video && stopAt !== null && own.currentTime >= stopAt) { own.pause(); look(stopAt); }
      listener();
    });
    own.addEventListener('seeked', () => listener());
    video = own;
    element.append(own);
  };
  /** Moves the movie as the reader wants it. */
  const look = seconds => {
    if (!video || !Number.isFinite(seconds)) return;
    stopAt = null;
    video.currentTime = seconds;
  };
  /** Moves the movie to where the page wants it, which is no move of the reader's. */
  const place = seconds => { placed = seconds; look(seconds); };
  /** Moves the movie to the segment that is looked at. */
  const follow = segment => {
    part = segment;
    if (isUnplayable) sayWhere();
    place(segment?.start);
  };
  /** Plays a segment to its end; stops a movie that plays. */
  const play = () => {
    if (!video || !part) return;
    if (!video.paused) { video.pause(); return; }
    if (video.currentTime < part.start - .05 || video.currentTime >= part.end - .05) video.currentTime = part.start;
    stopAt = part.end;
    video.play().catch(() => {});
  };

  return {
    element, link, show, look, place, follow, play,
    /** Where the movie stands; null where none is shown. */
    get time() { return video ? video.currentTime : null; },
    get isPlaying() { return video !== null && !video.paused; },
    /** Whether the reader moved or played the movie since the page put it somewhere. */
    get wasMoved() {
      return video !== null && video.readyState >= 1
        && Math.abs(video.currentTime - Math.min(placed, video.duration)) > corrections.frame(movie) / 2;
    },
    onTime(act) { listener = act; },
  };
})();
