// Does some work again and again: one at a time, a pause after each, and not while nobody looks.
// Pure but for what it is given.

// Work that takes long is done less often: no more than this share of the time.
const kShare = 0.1;

// `work` takes an AbortSignal. `timers` has setTimeout, clearTimeout and performance.
export function makeRefresher({work, pause, timers = globalThis}) {
  let timer;
  let abort = null;    // of the work under way
  let wanted = false;  // once more as soon as that has ended
  let visible = false;

  async function run() {
    timers.clearTimeout(timer);
    timer = undefined;
    wanted = false;
    const own = new AbortController();
    const began = timers.performance.now();
    abort = own;
    try {
      await work(own.signal);
    } finally {
      abort = null;
      const took = timers.performance.now() - began;
      const rest = wanted || own.signal.aborted ? 0 : Math.max(pause, took / kShare);
      if (visible) timer = timers.setTimeout(run, rest);
    }
  }

  return {
    // Works at once, or when what is under way has ended.
    now() {
      if (!visible) return;
      if (abort === null)
        run();
      else
        wanted = true;
    },
    show() {
      if (visible) return;
      visible = true;
      if (abort === null) run();
    },
    hide() {
      visible = false;
      timers.clearTimeout(timer);
      timer = undefined;
      abort?.abort();
    },
  };
}
