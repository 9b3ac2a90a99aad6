// The calls that each signal cancels. One listener serves them all: Node.js warns where a signal has more than ten, and a program
// may have one signal for all that it does.
const calls = new WeakMap();

function onAbort() {
  for (const call of calls.get(this)) call.cancel();
}

// Cancels the call when the signal is aborted, until `release` is called with both.
function follow(signal, call) {
  const followers = calls.get(signal) ?? new Set();
  calls.set(signal, followers.add(call));
  signal.addEventListener('abort', onAbort);
}

function release(signal, call) {
  const followers = calls.get(signal);
  followers.delete(call);
  if (followers.size === 0) signal.removeEventListener('abort', onAbort);
}

module.exports = { follow, release };
