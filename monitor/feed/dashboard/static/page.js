// Keeps the board live: asks for it again and again, listens to the stream, and says loudly when either is lost.

import { happening, notice, row, summary } from "/dashboard/board.js";
import { LocalTime, both } from "/dashboard/words.js";

const at = (id) => document.getElementById(id);
const { staleS, pollMs, timeZone } = document.body.dataset;
const STALE_MS = Number(staleS) * 1000;
const POLL_MS = Number(pollMs);
const ASK_MS = 10_000;
const SOON_MS = 250;
const AGAIN_MS = 3_000;
const EVENTS_MAX = 50;
const NOTICES_MAX = 20;
const PUMPS_MAX = 500;
const BACKLOG = 100;
const time = new LocalTime(timeZone);

// Two clocks, and the one that has moved more counts: one stops while a computer sleeps, the other can be set back.
class Age {
  constructor() {
    this.heard = null;
    this.server = "";
  }

  // Only server time that moves on is a sign of life; a kept answer told again is none.
  hear(serverAt) {
    if (Date.parse(serverAt) <= Date.parse(this.server)) return;
    this.server = serverAt;
    this.heard = [performance.now(), Date.now()];
  }

  ms() {
    if (this.heard === null) return Infinity;
    return Math.max(performance.now() - this.heard[0], Date.now() - this.heard[1]);
  }
}

const boardAge = new Age();
const streamAge = new Age();
let stream = null;
let soon = null;
let isAsking = false;
let lastCursor = 0;

const setText = (node, text) => {
  // Only on a change: a live region would read it out again every time.
  if (node.textContent !== text) node.textContent = text;
};

const judge = () => {
  const ages = { "The board": boardAge.ms(), "The event stream": streamAge.ms() };
  const lost = Object.keys(ages).filter((name) => ages[name] >= STALE_MS);
  const isLive = lost.length === 0;
  document.body.classList.toggle("not-live", !isLive);
  setText(at("live"), isLive ? "LIVE" : "NOT LIVE");
  at("banner").hidden = isLive;
  if (isLive) return;
  const said = lost.map((name) =>
    ages[name] === Infinity ? `${name} has not answered yet.` : `${name} was last heard ${Math.floor(ages[name] / 1000)} s ago.`,
  );
  const seen = boardAge.server ? ` What stands below is as of ${both(boardAge.server, null, time)}.` : "";
  setText(at("banner-why"), said.join(" ") + seen);
};

const get = async (path) => {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
  if (answer.status === 401) showWayIn();
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};

const refresh = async () => {
  if (isAsking) return;
  isAsking = true;
  try {
    const [board, notices] = await Promise.all([
      get(`/api/v1/pumps?limit=${PUMPS_MAX}`),
      get(`/api/v1/notices?limit=${NOTICES_MAX}`),
    ]);
    at("pumps").replaceChildren(...board.items.map((pump) => row(pump, time)));
    setText(at("summary"), summary(board));
    showNotices(notices.items, board.at);
    setText(at("clock"), both(board.at, null, time));
    boardAge.hear(board.at);
    if (stream === null) listen(board.cursor);
  } catch (fault) {
    // Shown by age: the banner comes when nothing has been heard for too long.
    console.warn("the board could not be loaded", fault);
  } finally {
    isAsking = false;
    judge();
  }
};

// Touches only what is new or changed: the list is a live region, and all else would be read out again.
const showNotices = (items, now) => {
  const list = at("notices");
  const there = new Map([...list.children].map((drawn) => [drawn.dataset.key, drawn]));
  for (const one of [...items].reverse()) {
    const had = there.get(one.id);
    there.delete(one.id);
    if (had?.dataset.state === one.state) continue;
    const drawn = notice(one, time, now);
    drawn.dataset.key = one.id;
    drawn.dataset.state = one.state;
    if (had) had.replaceWith(drawn);
    else list.prepend(drawn);
  }
  for (const gone of there.values()) gone.remove();
};

const listen = (cursor) => {
  if (lastCursor === 0) at("events").replaceChildren();
  const from = Math.max(lastCursor, Number(cursor) - BACKLOG, 0);
  stream = new EventSource(`/api/v1/stream?after=${from}`);
  stream.addEventListener("heartbeat", (event) => {
    streamAge.hear(JSON.parse(event.data).server_at);
    judge();
  });
  stream.addEventListener("message", (event) => {
    const record = JSON.parse(event.data);
    lastCursor = Number(record.cursor);
    at("events").prepend(happening(record, time, boardAge.server));
    while (at("events").childElementCount > EVENTS_MAX) at("events").lastElementChild.remove();
    soon ??= setTimeout(() => {
      soon = null;
      refresh();
    }, SOON_MS);
  });
  stream.addEventListener("error", () => {
    // While it is only reconnecting the browser does the work. Refused, it must begin anew; after another
    // database has taken the old one's place, the board's cursor is the one that counts.
    if (stream?.readyState !== EventSource.CLOSED) return;
    lastCursor = 0;
    setTimeout(() => {
      stream = null;
    }, AGAIN_MS);
  });
};

const showWayIn = () => {
  if (at("way-in").hidden) {
    at("way-in").hidden = false;
    document.body.classList.toggle("signed-out", boardAge.server === "");
    at("token").focus();
  }
};

const begin = async () => {
  try {
    const session = await get("/session");
    at("way-in").hidden = true;
    document.body.classList.remove("signed-out");
    setText(at("who"), `${session.name} (${session.role})`);
    at("sign-out").hidden = session.name === "anonymous";
  } catch (fault) {
    console.warn("nobody is signed in", fault);
  }
  await refresh();
};

at("way-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token: at("token").value.trim() });
  at("token").value = "";
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/session", { method: "POST", headers, body, signal: AbortSignal.timeout(ASK_MS) });
    setText(at("way-in-fault"), answer.ok ? "" : (await answer.json()).detail);
    if (answer.ok) await begin();
  } catch {
    setText(at("way-in-fault"), "The server did not answer. Try again.");
  }
});

at("sign-out").addEventListener("click", async () => {
  await fetch("/session", { method: "DELETE" });
  location.reload();
});

setInterval(refresh, POLL_MS);
setInterval(judge, 1000);
begin();
