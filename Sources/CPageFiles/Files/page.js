'use strict';
// What all pages share. Everything shown goes through text nodes and attributes, never through
// markup: a name from a file can be any text, and none of it may run.
const page = (() => {
  /** The data block of this id; null where the page has none. */
  const data = id => {
    const block = document.getElementById(id);
    return block && JSON.parse(block.textContent);
  };

  const fill = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (name === 'style') for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
      else element.setAttribute(name, value === true ? '' : value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) element.append(child);
    }
    return element;
  };
  /** An element with attributes (`onclick` and the like are listeners) and children. */
  const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  /** The same in SVG. */
  const svg = (tag, attributes, ...children) =>
    fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
  /** A name from a file: set apart, so that its direction turns nothing around it. */
  const name = (text, tag = 'bdi') => h(tag, { class: 'name', dir: 'auto' }, visible(text));
  /** Line breaks, control characters and what turns the text around it, shown. */
  const visible = text => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, c =>
    c === '\n' ? '\\n' : c === '\t' ? '\\t' : c === '\r' ? '\\r' : '\\u{' + c.charCodeAt(0).toString(16) + '}');

  const isNumber = value => typeof value === 'number' && Number.isFinite(value);
  const percent = (value, digits = 1) => isNumber(value) ? (100 * value).toFixed(digits) + '\u00a0%' : '–';
  const decimal = (value, digits = 3) => isNumber(value) ? value.toFixed(digits) : '–';
  /** `1:02.34` for 62.34 seconds, `1:02:03.40` from an hour on. */
  const time = (seconds, digits = 2) => {
    if (!isNumber(seconds)) return '–';
    const unit = 10 ** digits, all = Math.round(seconds * unit);
    const rest = (all / unit % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, '0');
    const minutes = Math.floor(all / unit / 60), hours = Math.floor(minutes / 60);
    return hours ? `${hours}:${String(minutes % 60).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
  };

  /** Offers text as a file to be saved. */
  const download = (fileName, type, text) => {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = h('a', { href: address, download: fileName, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };

  /** Says something to those who listen to the page. */
  const announce = text => {
    let place = document.getElementById('announcement');
    if (!place) document.body.append(place = h('div', { id: 'announcement', class: 'hidden-text', role: 'status' }));
    place.textContent = text;
  };

  // MARK: Tips

  const tip = h('div', { id: 'tip', role: 'tooltip', hidden: true });
  let described = null;
  const hideTip = () => {
    tip.hidden = true;
    described?.removeAttribute('aria-describedby');
    described = null;
  };
  const showTip = target => {
    if (described && described !== target) hideTip();
    if (!tip.isConnected) document.body.append(tip);
    tip.textContent = target.dataset.tip;
    tip.hidden = false;
    described = target;
    target.setAttribute('aria-describedby', 'tip');
    const box = target.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const below = box.bottom + 6 + own.height <= innerHeight || box.top < own.height + 6;
    tip.style.left = Math.max(8, Math.min(innerWidth - own.width - 8, box.left)) + 'px';
    tip.style.top = (below ? box.bottom + 6 : box.top - own.height - 6) + 'px';
  };
  const tipped = event => event.target instanceof Element && event.target.closest('[data-tip]');
  for (const [event, act] of [['pointerover', showTip], ['focusin', showTip], ['pointerout', hideTip], ['focusout', hideTip]]) {
    document.addEventListener(event, e => { const target = tipped(e); if (target) act(target); });
  }
  document.addEventListener('keydown', event => { if (event.key === 'Escape') hideTip(); });
  addEventListener('scroll', hideTip, { passive: true, capture: true });
  /** A word that explains itself on hover and focus. */
  const term = (text, explanation) =>
    h('button', { type: 'button', class: 'plain term', 'data-tip': explanation }, text);

  // MARK: Long lists

  /** Shows only those rows of a long list that are in view; all rows have the same height.
      Arrow keys, page keys, Home and End go through the rows; `choose` is told of the current one. */
  class VirtualList {
    /** `render(item, index)` makes a row's element; `height()` is that of a row in pixels. */
    constructor(root, { render, height, choose = () => {}, printed = 200 }) {
      Object.assign(this, { root, render, height, choose, printed, items: [], current: 0, rows: new Map() });
      this.body = h('div', { class: 'list-body' });
      this.body.style.position = 'relative';
      root.replaceChildren(this.body);
      root.setAttribute('role', 'list');
      root.tabIndex = 0;
      root.addEventListener('scroll', () => this.draw(), { passive: true });
      root.addEventListener('keydown', event => this.key(event));
      new ResizeObserver(() => this.refresh()).observe(root);
      const paper = matchMedia('print');
      this.isPrinted = paper.matches;
      const print = isPrinted => { this.isPrinted = isPrinted; this.refresh(); };
      paper.addEventListener('change', () => print(paper.matches));
      addEventListener('beforeprint', () => print(true));
      addEventListener('afterprint', () => print(false));
    }
    /** Other items, from the top. */
    show(items) {
      this.items = items;
      this.current = Math.min(this.current, Math.max(0, items.length - 1));
      this.clear();
      this.root.scrollTop = 0;
      this.draw();
    }
    /** Draws the rows in view anew. */
    refresh() { this.clear(); this.draw(); }
    clear() { this.rows.clear(); this.body.replaceChildren(); }
    draw() {
      const height = this.height(), count = this.items.length;
      let first = Math.max(0, Math.floor(this.root.scrollTop / height) - 3);
      let last = Math.min(count, Math.ceil((this.root.scrollTop + this.root.clientHeight) / height) + 3);
      if (this.isPrinted) [first, last] = [0, Math.min(count, this.printed)];
      this.body.style.height = (this.isPrinted ? last : count) * height + 'px';
      for (const [index, row] of this.rows) {
        if (index < first || index >= last) { row.remove(); this.rows.delete(index); }
      }
      for (let index = first; index < last; index += 1) {
        if (this.rows.has(index)) continue;
        const row = this.render(this.items[index], index);
        row.setAttribute('role', 'listitem');
        row.setAttribute('aria-setsize', count);
        row.setAttribute('aria-posinset', index + 1);
        row.tabIndex = -1;
        Object.assign(row.style, { position: 'absolute', left: 0, right: 0, top: index * height + 'px', height: height + 'px' });
        row.addEventListener('focusin', () => { this.mark(index); });
        if (index === this.current) row.classList.add('current');
        this.rows.set(index, row);
        const next = [...this.rows.keys()].filter(other => other > index).sort((a, b) => a - b)[0];
        this.body.insertBefore(row, next === undefined ? null : this.rows.get(next));
      }
    }
    mark(index) {
      this.rows.get(this.current)?.classList.remove('current');
      this.current = index;
      this.rows.get(index)?.classList.add('current');
      this.choose(this.items[index], index);
    }
    /** Brings a row into view and gives it the focus. */
    focus(index) {
      if (!this.items.length) return;
      index = Math.max(0, Math.min(this.items.length - 1, index));
      const height = this.height(), top = index * height, room = this.root.clientHeight;
      if (top < this.root.scrollTop) this.root.scrollTop = top;
      else if (top + height > this.root.scrollTop + room) this.root.scrollTop = top + height - room;
      this.draw();
      this.rows.get(index)?.focus({ preventScroll: true });
    }
    key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      const onList = event.target === this.root;
      const step = Math.max(1, Math.floor(this.root.clientHeight / this.height()) - 1);
      const moves = { ArrowDown: onList ? 0 : 1, ArrowUp: onList ? 0 : -1, PageDown: step, PageUp: -step, Home: -Infinity, End: Infinity };
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.focus(this.current + moves[event.key]);
    }
  }

  return { data, h, svg, name, visible, isNumber, percent, decimal, time, download, announce, term, VirtualList };
})();
