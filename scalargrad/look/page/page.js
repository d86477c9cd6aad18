"use strict";
// A frame is one step: a number of the forward pass, or one contribution of the backward sweep.
const { nodes, frames, paths } = JSON.parse(document.getElementById("data").textContent);
const find = (id) => document.getElementById(id);
const picture = find("picture");
const list = find("steps");
const rows = [...list.querySelectorAll("button")];
const ways = [...document.querySelectorAll("[data-path]")];
const groups = nodes.map((_, k) => find(`sg-${k}`));
const edges = nodes.flatMap((node, k) => node.operands.map((_, n) => `${k}-${n}`));
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const finalLines = groups.map((group) => group.querySelector(".data")?.textContent);
let now = 0;
let timer = null;

// Draws the picture as it is after frame `last`, with some boxes and edges marked.
function draw(last, marked, from, markedEdges) {
  const backward = frames[last].phase === "backward";
  const computed = new Set();
  const grads = new Map();
  const seen = new Set();
  for (const frame of frames.slice(0, last + 1)) {
    if (frame.phase === "forward") computed.add(frame.node);
    else {
      grads.set(frame.node, frame);
      frame.edges.forEach((edge) => seen.add(edge));
    }
  }
  nodes.forEach((node, k) => {
    const group = groups[k];
    const done = node.constant || computed.has(k);
    group.classList.toggle("later", !done);
    group.classList.toggle("now", marked.includes(k));
    group.classList.toggle("from", from === k);
    if (node.constant) return;
    const grad = grads.get(k);
    group.querySelector(".data").textContent = done ? finalLines[k] : "data";
    group.querySelector(".grad").textContent = grad ? `grad ${grad.shown}` : backward ? "grad 0" : "";
    titled(group, [node.name, done && `data ${node.data}`, grad && `grad ${grad.grad}`].filter(Boolean).join("\n"));
  });
  for (const edge of edges) {
    const line = find(`sg-${edge}`);
    line.classList.toggle("now", markedEdges.includes(edge));
    line.classList.toggle("later", !computed.has(Number(edge.split("-")[0])));
    const slope = find(`sg-${edge}-slope`);
    slope?.classList.toggle("unseen", !seen.has(edge));
    slope?.classList.toggle("now", markedEdges.includes(edge));
  }
}

// The exact numbers of a box, which a pointer that rests on it brings up.
function titled(group, text) {
  let title = group.querySelector("title");
  if (!title) {
    title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    group.prepend(title);
  }
  title.textContent = text;
}

function tell(kind, count, lines, say, exact) {
  find("live").className = kind;
  find("count").textContent = count;
  find("say").textContent = say;
  find("exact").textContent = exact;
  find("lines").replaceChildren(
    ...lines.map((text) => Object.assign(document.createElement("div"), { textContent: text })),
  );
}

// Scrolls the picture, and nothing else, so that these boxes are seen, or the first where there is no room for all.
function reveal(places) {
  const view = picture.getBoundingClientRect();
  const boxes = places.map((k) => groups[k].getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const right = Math.max(...boxes.map((box) => box.right));
  const top = Math.min(...boxes.map((box) => box.top));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  if (places.length > 1 && (right - left > view.width || bottom - top > view.height)) return reveal(places.slice(0, 1));
  picture.scrollBy({
    left: left < view.left || right > view.right ? (left + right - view.left - view.right) / 2 : 0,
    top: top < view.top || bottom > view.bottom ? (top + bottom - view.top - view.bottom) / 2 : 0,
    behavior: calm.matches ? "auto" : "smooth",
  });
}

// Scrolls the page to the picture, for someone who has chosen from the lists below it.
function lookUp() {
  picture.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
}

function go(step) {
  now = Math.min(Math.max(step, 0), frames.length - 1);
  const frame = frames[now];
  const from = frame.from ?? null;
  draw(now, [frame.node], from, frame.edges);
  const exact = frame.data
    ? `exactly: data ${frame.data}`
    : `exactly: contribution ${frame.gain}, grad ${frame.grad}`;
  tell(frame.phase, `Step ${now + 1} of ${frames.length}, ${frame.phase}`, frame.lines, frame.say, exact);
  const focused = list.contains(document.activeElement);
  rows.forEach((row, k) => {
    row.tabIndex = k === now ? 0 : -1;
    if (k === now) row.setAttribute("aria-current", "step");
    else row.removeAttribute("aria-current");
  });
  const row = rows[now];
  if (focused) row.focus({ preventScroll: true });
  const place = row.offsetTop - list.offsetTop;
  if (place < list.scrollTop || place + row.offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = place - list.clientHeight / 2;
  ways.forEach((way) => way.setAttribute("aria-pressed", "false"));
  for (const [id, idle] of [["first", now === 0], ["previous", now === 0],
    ["next", now === frames.length - 1], ["last", now === frames.length - 1]])
    find(id).setAttribute("aria-disabled", String(idle));
  reveal(from === null ? [frame.node, ...nodes[frame.node].operands] : [frame.node, from]);
  try {
    history.replaceState(null, "", `#${now + 1}`);
  } catch {
    // a frame without an origin of its own has no address to change
  }
}

function choose(k) {
  pause();
  const path = paths[k];
  go(frames.length - 1);
  draw(now, path.nodes, null, path.edges);
  ways.forEach((way, place) => way.setAttribute("aria-pressed", String(place === k)));
  tell("path", `Path ${k + 1} of ${paths.length}`, [path.line], "The product of the derivatives along the path.",
    `exactly: ${path.product}`);
  reveal([...path.nodes].reverse());
  lookUp();
}

function pause() {
  clearInterval(timer);
  timer = null;
  find("play").textContent = "Play";
}

function play() {
  if (timer !== null) return pause();
  if (now === frames.length - 1) go(0);
  find("play").textContent = "Pause";
  timer = setInterval(() => {
    go(now + 1);
    if (now === frames.length - 1) pause();
  }, 1500);
}

const jump = (step) => {
  pause();
  go(step);
};
const actions = {
  first: () => jump(0), previous: () => jump(now - 1), next: () => jump(now + 1), last: () => jump(frames.length - 1),
  play,
  fit: () => find("fit").setAttribute("aria-pressed", String(picture.classList.toggle("fit"))),
};
for (const [id, action] of Object.entries(actions)) find(id).addEventListener("click", action);
rows.forEach((row, k) => row.addEventListener("click", () => {
  jump(k);
  lookUp();
}));
ways.forEach((way, k) => way.addEventListener("click", () => choose(k)));

const keys = { ArrowLeft: actions.previous, ArrowRight: actions.next, Home: actions.first, End: actions.last, " ": play };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const inList = list.contains(event.target);
  const action = inList && event.key === "ArrowUp" ? keys.ArrowLeft
    : inList && event.key === "ArrowDown" ? keys.ArrowRight : keys[event.key];
  if (!action || (event.key === " " && event.target.closest("button"))) return; // Space presses a button
  event.preventDefault();
  action();
});
if (picture.querySelector("svg").width.baseVal.value * 0.75 < picture.clientWidth) actions.fit();
const asked = () => (parseInt(location.hash.slice(1), 10) || 1) - 1;
addEventListener("hashchange", () => jump(asked()));
go(asked());
