'use strict';

// What cancels the calls of each signal. One listener serves them all: Node.js warns where a signal has more than ten, and a program
// may have one signal for all that it does.
const cancels = new WeakMap();

function onAbort() {
  for (const cancel of cancels.get(this)) cancel();
}

// Calls `cancel` when the signal is aborted, until `release` is called with both.
function follow(signal, cancel) {
  const followers = cancels.get(signal) ?? new Set();
  cancels.set(signal, followers.add(cancel));
  signal.addEventListener('abort', onAbort);
}

function release(signal, cancel) {
  const followers = cancels.get(signal);
  followers.delete(cancel);
  if (followers.size === 0) signal.removeEventListener('abort', onAbort);
}

module.exports = { follow, release };
