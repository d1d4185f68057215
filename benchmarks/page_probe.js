// Put into every page before anything of the page's own. Times are milliseconds of the page's own clock.
window.probe = (() => {
  const chat = () => document.querySelector('#chat')?.textContent ?? '';
  const box = () => document.querySelector('#box textarea');
  const sights = {
    box: () => box()?.clientHeight > 0 && !box().disabled,
    typed: (text) => box()?.value.includes(text),
    said: (text) => chat().includes(text),
    gone: (text) => !chat().includes(text) && !box().disabled,
    drawn: () => document.querySelector('#plan .node') !== null,
  };

  // The beginning of the frame in which the page shows this.
  const when = (sight, text) => new Promise((resolve) => {
    const look = () => {
      if (!sights[sight](text)) return;
      observer.disconnect();
      document.removeEventListener('input', look);
      requestAnimationFrame(() => resolve(performance.now()));
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    document.addEventListener('input', look); // what is typed changes no node
    look();
  });

  // From the next such event of the user's to the frames that show these.
  const armed = {};
  const arm = ({ event, expected, text }) => {
    const begun = new Promise((resolve) => {
      document.addEventListener(event, ({ timeStamp }) => resolve(timeStamp), { capture: true, once: true });
    });
    for (const sight of expected) {
      armed[sight] = begun.then((start) => when(sight, text).then((end) => end - start));
    }
  };

  const worst = { round_trip: 0, redraw_gap: 0, page_stall: 0, redraws: 0 };
  const note = (name, value) => { worst[name] = Math.max(worst[name], value); };

  const stalls = (every) => {
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      note('page_stall', now - last - every);
      last = now;
    }, every);
  };

  const roundTrips = async (every) => {
    for (;;) {
      const begun = performance.now();
      await (await fetch('/health', { cache: 'no-store' })).text();
      note('round_trip', performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  };

  // Between two changes of the plan or its timeline, while some task of it runs.
  const redraws = () => {
    let last = performance.now(), running = false;
    new MutationObserver((changes) => {
      const elements = changes.map(({ target }) => target.parentElement);
      if (!elements.some((element) => element?.closest('#plan, #timeline'))) return;
      const now = performance.now();
      if (running) note('redraw_gap', now - last);
      last = now;
      running = document.querySelector('#plan .node.running') !== null;
      worst.redraws += 1;
    }).observe(document, { subtree: true, childList: true, characterData: true });
  };

  return { arm, armed, when, worst, watch: () => { stalls(50); roundTrips(250); redraws(); } };
})();
