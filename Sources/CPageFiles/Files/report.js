// The data of the report, which clips are chosen, and the order of sections.
const report = (() => {
  const source = page.data('report');

  /** Little-endian numbers in Base64. */
  const numbers = (text, Type) => {
    const binary = atob(text), bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
    return new Type(bytes.buffer);
  };

  const { names, labels, groups } = source.clips;
  const count = names.length, classes = source.classes, width = classes.length;
  const stored = source.scores;
  const all = stored.all ? numbers(stored.all, Float32Array) : null;
  const top = all ? null : {
    classes: numbers(stored.classes, Uint32Array), values: numbers(stored.values, Float32Array),
    own: numbers(stored.own, Float32Array), count: stored.count,
  };

  /** The score of a class; 0 where the page was too full to keep it. */
  const score = (clip, index) => {
    if (all) return all[clip * width + index];
    if (index === labels[clip]) return top.own[clip];
    for (let i = clip * top.count; i < (clip + 1) * top.count; i += 1) if (top.classes[i] === index) return top.values[i];
    return 0;
  };
  /** The highest scores of a clip, as pairs of class and score; of equals the first class. */
  const best = (clip, most) => {
    if (!all) {
      return Array.from({ length: Math.min(most, top.count) }, (_, i) =>
        [top.classes[clip * top.count + i], top.values[clip * top.count + i]]);
    }
    const found = [];
    for (let index = 0; index < width; index += 1) {
      const value = all[clip * width + index];
      if (found.length === most && value <= found[most - 1][1]) continue;
      let place = found.length;
      while (place > 0 && found[place - 1][1] < value) place -= 1;
      found.splice(place, 0, [index, value]);
      if (found.length > most) found.pop();
    }
    return found;
  };

  const answers = new Int32Array(count), confidences = new Float32Array(count), own = new Float32Array(count);
  for (let clip = 0; clip < count; clip += 1) {
    [[answers[clip], confidences[clip]]] = best(clip, 1);
    own[clip] = score(clip, labels[clip]);
  }
  const isRight = clip => answers[clip] === labels[clip];
  const isDoubtful = clip => !isRight(clip) && confidences[clip] >= source.doubtfulFrom;
  const groupSizes = new Int32Array(source.clips.groupNames.length);
  for (const group of groups) groupSizes[group] += 1;

  // MARK: Which clips are chosen

  const everything = { kind: 'all', truth: -1, answer: -1, group: -1, low: 0, high: 1, text: '' };
  const listeners = [];
  const searched = names.map(name => name.toLowerCase());
  const filter = {
    ...everything,
    /** Changes some of the conditions; `alone` drops all others. */
    set(changes, { alone = false, go = false } = {}) {
      Object.assign(filter, alone ? everything : {}, changes);
      for (const listener of listeners) listener(go);
    },
    heard(listener) { listeners.push(listener); },
    get isAll() { return Object.entries(everything).every(([key, value]) => filter[key] === value); },
    chosen() {
      const { kind, truth, answer, group, low, high } = filter, text = filter.text.trim().toLowerCase();
      const chosen = [];
      for (let clip = 0; clip < count; clip += 1) {
        if (truth >= 0 && labels[clip] !== truth) continue;
        if (answer >= 0 && answers[clip] !== answer) continue;
        if (group >= 0 && groups[clip] !== group) continue;
        if (confidences[clip] < low || confidences[clip] > high) continue;
        if (kind === 'right' && !isRight(clip) || kind === 'wrong' && isRight(clip)) continue;
        if (kind === 'doubtful' && !isDoubtful(clip)) continue;
        if (text && !searched[clip].includes(text)) continue;
        chosen.push(clip);
      }
      return chosen;
    },
  };

  // MARK: Sections

  const sections = [];
  /** Adds a section to the page; `build` gives its content, or null for none. */
  const section = (id, title, build) => sections.push({ id, title, build });
  /** Builds the page from all sections that were added. */
  const show = () => {
    const links = page.h('ul', {}), main = document.getElementById('sections');
    for (const { id, title, build } of sections) {
      const content = build();
      if (content === null) continue;
      main.append(page.h('section', { id, 'aria-labelledby': `${id}-title` },
        page.h('h2', { id: `${id}-title`, tabindex: -1 }, title), content));
      links.append(page.h('li', {}, page.h('a', { href: `#${id}` }, title)));
    }
    document.getElementById('contents').append(links);
  };

  return {
    source, count, classes, names, labels, groups, groupNames: source.clips.groupNames, groupSizes,
    disagreement: source.clips.disagreement ?? null,
    answers, confidences, own, score, best, isRight, isDoubtful, filter, section, show,
    isComplete: all !== null,
  };
})();
