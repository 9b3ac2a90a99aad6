'use strict';

// The functions that cancel the calls of each signal. One listener serves all calls of a signal:
// Node.js warns if a signal has more than ten listeners, and a program may use one signal for
// everything.
const cancelFunctions = new WeakMap();

function onAbort() {
  for (const cancel of cancelFunctions.get(this)) cancel();
}

// Calls `cancel` when the signal is aborted, until `unsubscribe` is called with the same arguments.
function subscribe(signal, cancel) {
  const cancels = cancelFunctions.get(signal) ?? new Set();
  cancelFunctions.set(signal, cancels.add(cancel));
  signal.addEventListener('abort', onAbort);
}

function unsubscribe(signal, cancel) {
  const cancels = cancelFunctions.get(signal);
  cancels.delete(cancel);
  if (cancels.size === 0) signal.removeEventListener('abort', onAbort);
}

module.exports = { subscribe, unsubscribe };
