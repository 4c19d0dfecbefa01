/* i2v: the page of clips: what it does
 * SPDX-License-Identifier: LGPL-2.1-or-later */
'use strict';
(() => {
  const $ = id => document.getElementById(id);
  const source = $('data');
  const data = JSON.parse(source.textContent);
  source.remove(); /* the pictures are in memory once */

  /* Whatever comes from the ledger becomes text by textContent, and nothing else. */
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {}))
      if (key === 'class') element.className = value;
      else if (value !== undefined && value !== null) element.setAttribute(key, value);
    element.append(...children.filter(child => child !== null && child !== undefined));
    return element;
  };
  const usd = value => value === undefined ? null : value.toFixed(2) + ' USD';
  const say = text => { $('said').textContent = text; };
  const calm = matchMedia('(prefers-reduced-motion: reduce)');

  let groups = [];
  let sounding = null;
  const chosen = new Set();

  /* A take: its picture, and its clip while it is in sight. */
  class Take {
    constructor(group, its, index) {
      Object.assign(this, {group, its, index, video: null, seen: false});
      this.bar = make('span', {class: 'bar'});
      this.image = make('img', {alt: '', decoding: 'async'});
      this.mark = make('span', {class: 'badge mark'});
      this.picture = make('div', {class: 'picture'}, this.image,
        make('span', {class: 'badge'}, 'Take ' + its.take),
        its.kept ? make('span', {class: 'badge right'}, '★ kept') : null, this.mark, this.bar);
      if (its.width) this.picture.style.aspectRatio = its.width + ' / ' + its.height;
      this.element = make('div', {
        class: 'take', role: 'option', 'aria-selected': 'false', tabindex: '-1',
        'data-key': its.key, title: its.text,
        'aria-label': ['Take ' + its.take, usd(its.usd), its.when, its.kept ? 'kept' : ''].filter(Boolean).join(', '),
      }, this.picture, make('div', {class: 'under'}, make('b', {}, its.key.slice(0, 8)),
        usd(its.usd) ? make('span', {}, usd(its.usd)) : null,
        make('span', {}, its.when)));
      this.element.take = this;
    }
    show() {
      this.seen = true;
      if (!this.image.src && this.its.poster) this.image.src = this.its.poster;
      if (this.video) return;
      this.video = make('video', {playsinline: '', preload: 'none', tabindex: '-1', 'aria-hidden': 'true'});
      this.video.muted = sounding !== this;
      if (this.its.poster) this.video.poster = this.its.poster;
      this.video.src = this.its.file;
      this.video.addEventListener('error', () => this.fail());
      this.image.after(this.video);
    }
    hide() {
      this.seen = false;
      if (!this.video) return;
      const video = this.video;
      this.video = null;
      video.pause();
      video.removeAttribute('src');
      video.load();
      video.remove();
      this.bar.style.transform = '';
    }
    fail() {
      if (!this.video || !this.video.hasAttribute('src') || this.broken) return;
      this.broken = make('span', {class: 'badge right'}, 'not to be played here');
      this.picture.append(this.broken);
    }
    play() { this.show(); return this.video.play().catch(() => {}); }
    choose(on) {
      if (on) chosen.add(this); else chosen.delete(this);
      this.element.setAttribute('aria-selected', on);
      this.mark.textContent = on ? '✓ chosen' : '';
    }
  }

  /* The takes of a request, which play in step. */
  class Group {
    constructor(its, number) {
      Object.assign(this, {its, number, playing: false, current: 0});
      this.takes = its.takes.map((take, index) => new Take(this, take, index));
      this.words = [its.prompt, its.model, its.project, its.still.name].filter(Boolean).join('\n').toLowerCase();
      this.slider = make('input', {type: 'range', min: '0', max: '1000', value: '0', 'aria-label': 'Position in all takes'});
      this.button = make('button', {type: 'button'});
      this.label();
      const title = make('h2', {id: 'g' + number}, its.prompt || '(no prompt)');
      const facts = [its.model, its.project, its.asked].filter(Boolean).map(text => make('span', {}, text));
      this.list = make('div', {class: 'takes', role: 'listbox', 'aria-multiselectable': 'true', 'aria-labelledby': 'g' + number},
        ...this.takes.map(take => take.element));
      this.element = make('section', {class: 'group', 'aria-labelledby': 'g' + number},
        make('div', {class: 'head'}, title, make('p', {class: 'facts'}, ...facts),
          make('div', {class: 'play'}, this.slider, this.button)),
        make('div', {class: 'strip'}, this.still(), this.list));
      this.takes[0].element.tabIndex = 0;
      this.button.addEventListener('click', () => this.toggle());
      this.slider.addEventListener('input', () => { this.pause(); this.seek(this.slider.value / 1000 * this.length()); });
    }
    still() {
      const still = this.its.still;
      const picture = make('div', {class: 'picture'});
      if (still.picture) {
        this.image = make('img', {alt: 'The still', decoding: 'async'});
        picture.append(this.image);
        if (still.width) picture.style.aspectRatio = still.width + ' / ' + still.height;
      } else {
        picture.append(make('span', {class: 'none'}, still.note));
      }
      return make('figure', {class: 'still'}, picture,
        make('figcaption', {title: still.name}, make('b', {}, still.name.split('/').pop() || 'the still'), make('br'), 'the still'));
    }
    label() {
      this.button.textContent = this.playing ? 'Pause' : this.takes.length > 1 ? 'Play all ' + this.takes.length + ' in step' : 'Play';
    }
    length() {
      return Math.max(0.1, ...this.takes.map(take => take.video && take.video.duration || take.its.seconds || 0));
    }
    /* Ready to show the picture of a moment. */
    ready() {
      return Promise.all(this.takes.map(take => new Promise(resolve => {
        take.show();
        const video = take.video;
        if (video.readyState >= 2) return resolve();
        video.preload = 'auto';
        video.addEventListener('loadeddata', resolve, {once: true});
        video.addEventListener('error', resolve, {once: true});
        video.load();
      })));
    }
    async seek(time) {
      await this.ready();
      for (const {video} of this.takes)
        if (video) video.currentTime = Math.max(0, Math.min(time, (video.duration || 0) - 0.001));
      this.draw(time);
    }
    time() {
      return Math.max(0, ...this.takes.map(take => take.video ? take.video.currentTime : 0));
    }
    async toggle() {
      if (this.playing) return this.pause();
      for (const other of groups) if (other.playing) other.pause();
      for (const take of this.takes) if (take.alone) take.alone = false;
      this.playing = true;
      this.label();
      say('Playing ' + this.takes.length + ' in step');
      const from = this.time() >= this.length() - 0.1 ? 0 : this.time();
      await this.seek(from);
      if (!this.playing) return;
      for (const take of this.takes) take.play();
      this.step();
    }
    pause() {
      this.playing = false;
      this.label();
      for (const {video} of this.takes) if (video) video.pause();
    }
    draw(time) {
      this.slider.value = Math.round(1000 * time / this.length());
      for (const take of this.takes)
        take.bar.style.transform = take.video && take.video.duration ? 'scaleX(' + Math.min(1, take.video.currentTime / take.video.duration) + ')' : '';
    }
    /* Each picture: whoever has come away from the first that goes on is put back. */
    step() {
      if (!this.playing) return;
      if (!this.element.isConnected || this.element.hidden) return this.pause();
      const videos = this.takes.map(take => take.video).filter(video => video && !video.error);
      const leader = videos.find(video => !video.ended);
      if (!videos.length) return this.pause();
      if (!leader) {
        for (const video of videos) { video.currentTime = 0; video.play().catch(() => {}); }
      } else {
        for (const video of videos) {
          const away = video.currentTime - leader.currentTime;
          if (video === leader || video.ended || leader.currentTime >= video.duration) continue;
          if (Math.abs(away) > 0.15) video.currentTime = leader.currentTime;
          video.playbackRate = Math.abs(away) > 0.02 ? (away > 0 ? 0.95 : 1.05) : 1;
        }
      }
      this.draw(this.time());
      requestAnimationFrame(() => this.step());
    }
  }

  /* What is in sight has its picture and its clip. */
  const sight = new IntersectionObserver(entries => {
    for (const {target, isIntersecting} of entries) {
      if (target.take) {
        if (isIntersecting) target.take.show();
        else if (!target.take.group.playing) target.take.hide();
      } else if (isIntersecting && target.group.image && !target.group.image.src) {
        target.group.image.src = target.group.its.still.picture;
      }
    }
  }, {rootMargin: '300px 0px'});

  groups = data.groups.map((its, number) => new Group(its, number));
  for (const group of groups) {
    group.element.group = group;
    $('main').append(group.element);
    sight.observe(group.element);
    for (const take of group.takes) sight.observe(take.element);
  }
  const empty = make('p', {class: 'empty'}, 'Nothing has that word.');
  empty.hidden = true;
  $('main').append(empty);

  const all = () => groups.filter(group => !group.element.hidden).flatMap(group => group.takes);
  const total = takes => takes.reduce((sum, take) => sum + (take.its.usd || 0), 0);
  const plural = (count, word) => count + ' ' + word + (count === 1 ? '' : 's');
  const count = () => {
    const takes = all(), shown = groups.filter(group => !group.element.hidden).length;
    $('sum').textContent = plural(shown, 'request') + ' · ' + plural(takes.length, 'clip') + ' · ' + total(takes).toFixed(2) + ' USD · ' + data.made;
    empty.hidden = shown > 0;
  };

  /* What is chosen */
  const kinds = [
    ['keep', 'Keep', takes => data.keep + ' ' + takes.map(take => take.its.key.slice(0, data.digits)).join(' ')],
    ['open', 'Open', takes => takes.map(take => take.its.open).join('\n')],
    ['again', 'This one again', takes => takes.map(take => take.its.again).join('\n')],
    ['another', 'Another take', takes => [...new Set(takes.map(take => take.group.its.another))].join('\n')],
  ];
  let kind = 0;
  const tabs = kinds.map(([id, label], index) => {
    const tab = make('button', {type: 'button', role: 'tab', id: 'tab-' + id, 'aria-controls': 'command'}, label);
    tab.addEventListener('click', () => { kind = index; tray(); });
    tab.addEventListener('keydown', event => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!step) return;
      event.stopPropagation();
      kind = (kind + step + kinds.length) % kinds.length;
      tray();
      tabs[kind].focus();
    });
    $('tabs').append(tab);
    return tab;
  });
  function tray() {
    const takes = groups.flatMap(group => group.takes).filter(take => chosen.has(take));
    tabs.forEach((tab, index) => {
      tab.setAttribute('aria-selected', index === kind);
      tab.tabIndex = index === kind ? 0 : -1;
    });
    $('tray').hidden = !takes.length;
    $('count').textContent = takes.length + ' chosen';
    $('command').value = takes.length ? kinds[kind][2](takes) : '';
    const keys = takes.map(take => take.its.key.slice(0, data.digits)).join(',');
    history.replaceState(null, '', keys ? '#chosen=' + keys : location.pathname + location.search);
  }
  function choose(take) {
    take.choose(!chosen.has(take));
    say(chosen.has(take) ? 'Chosen' : 'No longer chosen');
    tray();
  }
  async function copy() {
    const text = $('command').value;
    if (!text) return say('Nothing is chosen');
    let done = false;
    try { await navigator.clipboard.writeText(text); done = true; } catch (e) { /* the old way */ }
    if (!done) {
      const focus = document.activeElement;
      $('command').select();
      done = document.execCommand('copy');
      if (focus) focus.focus();
    }
    $('copy').firstChild.textContent = done ? 'Copied ' : 'Select and copy ';
    say(done ? 'Copied' : 'Not copied');
    setTimeout(() => { $('copy').firstChild.textContent = 'Copy '; }, 1500);
  }
  $('copy').addEventListener('click', copy);
  $('none').addEventListener('click', () => { for (const take of [...chosen]) take.choose(false); tray(); });

  /* Moving */
  function focus(take) {
    if (!take) return;
    for (const one of take.group.takes) one.element.tabIndex = one === take ? 0 : -1;
    take.element.focus({preventScroll: true});
    take.element.scrollIntoView({block: 'nearest', behavior: calm.matches ? 'auto' : 'smooth'});
  }
  function beside(take, down) {
    const from = take.element.getBoundingClientRect(), x = from.left + from.width / 2;
    let best = null, least = Infinity;
    const list = all(), at = list.indexOf(take);
    for (const other of down ? list.slice(at + 1) : list.slice(0, at).reverse()) {
      const to = other.element.getBoundingClientRect();
      const row = down ? to.top - from.top : from.top - to.top;
      if (row < 4) continue;
      const far = row * 4 + Math.abs(to.left + to.width / 2 - x);
      if (far < least) { least = far; best = other; }
      else if (row * 4 > least) break;
    }
    return best;
  }
  const here = () => document.activeElement && document.activeElement.take;
  function large(group) {
    document.body.classList.toggle('large', !!group);
    for (const other of groups) other.element.classList.toggle('one', other === group);
    if (group) focus(group.takes.find(take => take.element.tabIndex === 0));
  }

  document.addEventListener('keydown', event => {
    const take = here(), list = all();
    if (event.ctrlKey || event.metaKey || event.altKey || $('help').open) return;
    if (event.key === 'Escape') {
      if (event.target === $('filter')) { $('filter').value = ''; filter(); }
      const was = take || groups.find(group => group.element.classList.contains('one'));
      large(null);
      if (was && was.group) focus(was);
      return;
    }
    if (/^(INPUT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== 'range') return;
    const any = take || list[0];
    const acts = {
      '?': () => $('help').showModal(),
      '/': () => $('filter').focus(),
      c: copy,
      f: () => any && large(document.body.classList.contains('large') ? null : any.group),
    };
    const onTake = take && {
      ArrowRight: () => focus(list[list.indexOf(take) + 1]),
      ArrowLeft: () => focus(list[list.indexOf(take) - 1]),
      ArrowDown: () => focus(beside(take, true)),
      ArrowUp: () => focus(beside(take, false)),
      Home: () => focus(list[0]),
      End: () => focus(list[list.length - 1]),
      Enter: () => choose(take),
      ' ': () => take.group.toggle(),
      '0': () => take.group.seek(0),
      ',': () => { take.group.pause(); take.group.seek(take.group.time() - 1 / (take.its.rate || 24)); },
      '.': () => { take.group.pause(); take.group.seek(take.group.time() + 1 / (take.its.rate || 24)); },
      m: () => sound(take),
    };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = onTake && onTake[key] || acts[key];
    if (!act) {
      if (!take && /^Arrow(Down|Right)$/.test(key) && event.target === document.body) { event.preventDefault(); focus(list[0]); }
      return;
    }
    event.preventDefault();
    act();
  });
  function sound(take) {
    sounding = sounding === take ? null : take;
    for (const one of all()) if (one.video) one.video.muted = one !== sounding;
    say(sounding ? 'Sound on' : 'Sound off');
  }

  /* The pointer: on a clip it plays. */
  const takeAt = event => { const element = event.target.closest && event.target.closest('.take'); return element && element.take; };
  $('main').addEventListener('pointerover', event => {
    const take = takeAt(event);
    if (!take || take.alone || take.group.playing || calm.matches || event.pointerType === 'touch') return;
    take.alone = true;
    take.play();
    const draw = () => {
      if (!take.alone || !take.video) return;
      take.video.loop = true;
      take.group.draw(take.video.currentTime);
      requestAnimationFrame(draw);
    };
    draw();
  });
  $('main').addEventListener('pointerout', event => {
    const take = takeAt(event);
    if (!take || !take.alone || (event.relatedTarget && take.element.contains(event.relatedTarget))) return;
    take.alone = false;
    if (!take.video) return;
    take.video.loop = false;
    if (!take.group.playing) take.video.pause();
  });
  $('main').addEventListener('click', event => {
    const take = takeAt(event);
    if (!take) return;
    focus(take);
    choose(take);
  });
  $('main').addEventListener('dblclick', event => { const take = takeAt(event); if (take) large(take.group); });

  function filter() {
    const word = $('filter').value.trim().toLowerCase();
    for (const group of groups) group.element.hidden = !group.words.includes(word);
    count();
  }
  $('filter').addEventListener('input', filter);
  $('keys').addEventListener('click', () => $('help').showModal());

  const before = new Set((/^#chosen=([0-9a-f,]+)$/.exec(location.hash) || ['', ''])[1].split(',').filter(Boolean));
  for (const group of groups)
    for (const take of group.takes)
      if (before.has(take.its.key.slice(0, data.digits))) take.choose(true);
  count();
  tray();
})();
