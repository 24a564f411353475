// One stream of changes for all tabs of a browser. This file is both the SharedWorker that owns the EventSource
// and the page's side of it: a browser opens at most six connections to one host, so a stream per tab would hang
// the sixth tab. Where SharedWorker is missing the page keeps a stream of its own.
"use strict";

const KEPT_FRAMES = 200;
const RETRY_MS = 4000;

// A frame is {event, data (text), id, received (ms of this machine's clock)}.
class Stream {
  constructor(address) {
    this.address = address;
    this.listeners = new Set();   // functions of one message: {frame} or {state}
    this.start = null;            // the id the kept frames follow on from; null: not known
    this.frames = [];
    this.state = "connecting";
    this.source = null;
  }

  // `after` is the id of the listener's snapshot; without it the listener only wants what comes from now on.
  join(listener, after) {
    this.listeners.add(listener);
    const neverOpened = this.state === "connecting" && this.frames.length === 0;
    if (!this.source || (neverOpened && this.start === null && after)) this.open(after ?? null);
    else if (after) this.catchUp(listener, after);
    listener({state: this.state});
  }

  leave(listener) {
    this.listeners.delete(listener);
    if (this.listeners.size > 0) return;
    this.source?.close();
    this.source = null;
    clearTimeout(this.retry);
  }

  // Replaying a frame twice does no harm: frames put whole features. A gap would, so an id we cannot place
  // asks for a new snapshot; whatever comes meanwhile is already on its way to the listener.
  catchUp(listener, after) {
    const at = this.frames.findIndex((frame) => frame.id === after);
    if (at < 0 && after !== this.start) listener({frame: {event: "snapshot", data: "{}", received: Date.now()}});
    else for (const frame of this.frames.slice(at + 1)) listener({frame});
  }

  open(after) {
    this.source?.close();
    clearTimeout(this.retry);
    this.start = after;
    this.frames = [];
    const query = after ? `?after=${encodeURIComponent(after)}` : "";
    this.source = new EventSource(this.address + query);
    this.source.onopen = () => this.tell("live");
    this.source.onerror = () => this.lost();
    for (const event of ["delta", "snapshot", "clock"]) {
      this.source.addEventListener(event, (message) => this.receive(event, message));
    }
  }

  // The browser reconnects by itself after a dropped line, but gives up when a proxy answers with an error page.
  lost() {
    const gaveUp = this.source.readyState === EventSource.CLOSED;
    this.tell(gaveUp ? "offline" : "reconnecting");
    if (!gaveUp) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(this.frames.at(-1)?.id ?? this.start), RETRY_MS);
  }

  receive(event, message) {
    const frame = {event, data: message.data, id: message.lastEventId, received: Date.now()};
    if (event === "snapshot") [this.start, this.frames] = [frame.id, []];
    else this.frames.push(frame);
    if (this.frames.length > KEPT_FRAMES) this.start = this.frames.shift().id;
    for (const listener of this.listeners) listener({frame});
  }

  tell(state) {
    this.state = state;
    for (const listener of this.listeners) listener({state});
  }
}

const streams = new Map();

function streamOf(address) {
  if (!streams.has(address)) streams.set(address, new Stream(address));
  return streams.get(address);
}

function serve(port) {
  const listener = (message) => port.postMessage(message);
  let stream = null;
  port.onmessage = ({data}) => {
    stream?.leave(listener);
    stream = data.leave ? null : streamOf(data.address);
    stream?.join(listener, data.after);
  };
}

// --- the page's side

// Opens the way to the stream and gives {join(after), leave()}. A page's <html data-viewer="…"> (any opaque text that
// differs between sessions) keeps one session's stream from reaching the next one's tabs.
function connect(address, script, listener) {
  if (!("SharedWorker" in self)) {
    const stream = streamOf(address);
    return {join: (after) => stream.join(listener, after), leave: () => stream.leave(listener)};
  }
  const viewer = document.documentElement.dataset.viewer ?? "";
  const {port} = new SharedWorker(script, {name: `caravan ${viewer}`});
  port.onmessage = ({data}) => listener(data);
  return {join: (after) => port.postMessage({address, after}), leave: () => port.postMessage({leave: true})};
}

function pageSide(script) {
  const caravan = {};

  // subscribe({address, after, onFrame, onState}) gives a function that ends it. A page that comes back from the
  // browser's own memory has slept through changes, so it is loaded anew.
  caravan.subscribe = ({address = "/live", after, onFrame, onState = () => {}}) => {
    const listener = ({frame, state}) => (frame ? onFrame(frame) : onState(state));
    const way = connect(address, script, listener);
    way.join(after);
    const hide = () => way.leave();
    const show = ({persisted}) => persisted && location.reload();
    addEventListener("pagehide", hide);
    addEventListener("pageshow", show);
    return () => {
      removeEventListener("pagehide", hide);
      removeEventListener("pageshow", show);
      way.leave();
    };
  };

  // For pages without a map: callback(ids) with the features that changed, or callback(null) when anything may have.
  // `after` is the id of the share the page was rendered from.
  caravan.onChange = (callback, {address, after} = {}) => caravan.subscribe({
    address,
    after,
    onFrame({event, data}) {
      if (event === "snapshot") return callback(null);
      if (event !== "delta") return undefined;
      const {put = [], drop = []} = JSON.parse(data);
      return callback([...put.map((feature) => feature.id), ...drop]);
    },
  });

  return caravan;
}

if ("SharedWorkerGlobalScope" in self) self.onconnect = ({ports: [port]}) => serve(port);
else self.caravan = pageSide(document.currentScript.src);
