// headgate.js: usage events from a browser to headgate.
//
//   <script src="https://events.example.com/headgate.js" data-write-key="…" async></script>
//   headgate.track("signup", { plan: "pro" });
//
// It sets no cookie and reads nothing off the browser. Whoever has Do Not Track or Global
// Privacy Control turned on is left alone: no request, no id, no storage.
(() => {
  "use strict";
  const script = document.currentScript;
  const config = {
    endpoint: script?.src ? new URL(script.src).origin : "",
    ...script?.dataset, // data-endpoint, data-write-key, data-storage, data-user-id
  };
  const key = "headgate-id";
  const most = 100; // events kept while they cannot be sent
  let id = "", queue = [], timer = 0, failures = 0;

  // refused is asked before anything is done, every time: a person may change their mind.
  const refused = () => {
    const dnt = navigator.doNotTrack || window.doNotTrack;
    if (!navigator.globalPrivacyControl && dnt !== "1" && dnt !== "yes") return false;
    if (id) forget();
    queue = [];
    return true;
  };

  const uuid = () => {
    if (crypto.randomUUID) return crypto.randomUUID(); // on https and localhost only
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return [...bytes].map((b, i) => (i > 3 && i < 11 && i % 2 === 0 ? "-" : "") + b.toString(16).padStart(2, "0")).join("");
  };

  const forget = () => {
    id = "";
    try {
      if (config.storage === "session") sessionStorage.removeItem(key);
    } catch { /* it was never there */ }
  };

  // who returns the anonymous id: that of this page, or of the tab with storage: "session".
  const who = () => {
    try {
      const store = config.storage === "session" && sessionStorage;
      id = id || (store && store.getItem(key)) || uuid();
      if (store) store.setItem(key, id);
    } catch { // storage is turned off
      id = id || uuid();
    }
    return id;
  };

  const plan = () => {
    timer = timer || setTimeout(send, Math.min(1000 * 2 ** failures, 60_000));
  };

  // send sends what there is. When the page is left, it does not wait for an answer.
  const send = (leaving) => {
    clearTimeout(timer);
    timer = 0;
    if (refused() || queue.length === 0 || !config.endpoint) return;
    const batch = queue.splice(0, 20);
    const body = '{"writeKey":' + JSON.stringify(config.writeKey || "") + ',"batch":[' + batch + "]}";
    const url = config.endpoint.replace(/\/+$/, "") + "/v1/beacon";
    if (queue.length > 0) plan();
    if (leaving && navigator.sendBeacon?.(url, body)) return;
    const again = () => { // under the ids they have: nothing is counted twice
      queue = [...batch, ...queue].slice(-most);
      if (++failures < 8) plan();
    };
    fetch(url, { method: "POST", body, credentials: "omit", keepalive: body.length < 60_000 }).then((answer) => {
      if (answer.status === 429 || answer.status > 499) again();
      else failures = 0;
    }, again);
  };

  const leave = () => {
    while (queue.length > 0 && !refused() && config.endpoint) send(true);
  };
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());

  const track = (name, properties = {}, userId = config.userId) => {
    if (refused()) return;
    try { // what cannot be JSON is no event, and no error of the page's
      const event = { id: uuid(), name, time: new Date(), anonymous_id: who(), user_id: userId || undefined, properties };
      queue = [...queue, JSON.stringify(event)].slice(-most);
    } catch {
      return;
    }
    if (queue.length >= 20 && failures === 0) send();
    else plan();
  };

  window.headgate = {
    init(options) {
      Object.assign(config, options);
      if (queue.length > 0) plan();
    },
    track,
    trackFlowBuild: (flowName, isError, properties) => track("flow_build", { ...properties, flowName, isError }),
    trackDataLoaded: (flowId, flowName, component, componentId) => track("data_loaded", { flowId, flowName, component, componentId }),
    flush: () => send(),
  };
})();
