/* Counts the test leads again whenever a threshold or an assumption moves. The table is that of
   src/policies/explorer.py, and so are the rules: a change there is a change here. */
(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const table = JSON.parse(find("explorer-table").textContent);
  const form = find("explorer-form");
  const [DISCARD, NURTURE, SALES] = [0, 1, 2];
  const last = table.steps.length - 1;
  const handles = { discard: find("cut-discard"), sales: find("cut-sales") };
  const queues = table.queues.map(([team, text]) => readQueue(team, text));

  function readQueue(team, text) {
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const width = table.kinds.length > 1 ? 3 : 2;
    const queue = { team, step: [], label: [], kind: [] };
    for (let at = 0; at < text.length; at += width) {
      const code = digits.indexOf(text[at]) * 64 + digits.indexOf(text[at + 1]);
      queue.step.push(code >> 1);
      queue.label.push(code & 1);
      queue.kind.push(width === 3 ? digits.indexOf(text[at + 2]) : 0);
    }
    return queue;
  }

  /* Where the cuts stand: the two hidden ones keep their distance from their handle. */
  function movePlaces([startDiscard, startSales, rest, alone], discard, sales) {
    const keep = (handle, start, other) =>
      handle === last || other === last ? last : Math.max(0, Math.min(last, handle + other - start));
    return [discard, sales, keep(discard, startDiscard, rest), keep(sales, startSales, alone)];
  }

  function countRoutes([discard, sales, rest, alone], assumed) {
    const kinds = table.kinds.length;
    const leads = [0, 0, 0];
    const converted = [0, 1, 2].map(() => new Array(kinds).fill(0));
    let over = 0;
    const add = (route, kind, count, conversions) => {
      leads[route] += count;
      converted[route][kind] += conversions;
    };
    const takeRest = (step, kind) => (table.kinds[kind][2] && step >= rest ? NURTURE : DISCARD);
    const takeRoute = (step, kind) => {
      const [, maySales, mayNurture] = table.kinds[kind];
      if (!maySales) return takeRest(step, kind);
      if (!mayNurture) return step >= alone ? SALES : DISCARD;
      return step >= sales ? SALES : step >= discard ? NURTURE : DISCARD;
    };
    for (const queue of queues) {
      let left = assumed.capacity[queue.team] ?? Infinity;
      for (let lead = 0; lead < queue.step.length; lead += 1) {
        const kind = queue.kind[lead];
        let route = takeRoute(queue.step[lead], kind);
        if (route === SALES && left-- <= 0) {
          route = takeRest(queue.step[lead], kind);
          over += 1;
        }
        add(route, kind, 1, queue.label[lead]);
      }
    }
    for (const [step, kind, team, count, conversions] of table.counts) {
      let route = takeRoute(step, kind);
      if (route === SALES && assumed.capacity[team] !== null) {
        route = takeRest(step, kind);
        over += count;
      }
      add(route, kind, count, conversions);
    }
    const profit = leads.map((count, route) => {
      let earned = 0;
      table.kinds.forEach(([relativeValue], kind) => {
        earned += assumed.value * relativeValue * assumed.factor[route] * converted[route][kind];
      });
      return earned - assumed.cost[route] * count;
    });
    const conversions = converted.map((counts) => counts.reduce((sum, count) => sum + count, 0));
    return { leads, conversions, profit, over, total: profit[0] + profit[1] + profit[2] };
  }

  /* The closed form of the cuts: where the dearer route begins to earn more. */
  function findPlaces({ value, cost, factor }) {
    const cross = (cheap, dear) => {
      const [more, gain] = [cost[dear] - cost[cheap], value * (factor[dear] - factor[cheap])];
      return gain === 0 ? (more < 0 ? -Infinity : Infinity) : more / gain;
    };
    const place = (level) => {
      const found = table.steps.findIndex((step) => step >= level);
      return found < 0 ? last : found;
    };
    const [rest, over, alone] = [cross(DISCARD, NURTURE), cross(NURTURE, SALES), cross(DISCARD, SALES)];
    return rest < over ? [rest, over, rest, alone].map(place) : [alone, alone, rest, alone].map(place);
  }

  /* How the language writes 1,234.5. */
  const [GROUP, DECIMAL] = [table.words.digits[1], table.words.digits[5]];

  function say(value, digits = 0) {
    const [whole, ...part] = Math.abs(value).toFixed(digits).split(".");
    const text = [whole.replace(/\B(?=(\d{3})+$)/g, GROUP), ...part].join(DECIMAL);
    return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
  }
  const sayMoney = (value) => say(value).replace(/\d.*/, (number) => fill("money", { number }));
  const sayMore = (value) => (value > 0 && say(value) !== "0" ? "+" : "") + sayMoney(value);
  const sayRatio = (part, whole) => (whole ? fill("percent", { number: say((part / whole) * 100, 1) }) : "–");
  const fill = (name, values) => table.words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const sum = (values) => values[0] + values[1] + values[2];

  let start = table.places;

  /* A field that was not changed keeps the number of the scenario to the last bit. */
  function readAssumed() {
    const read = (name, number, parse) => {
      const field = find(`assumed-${name}`);
      if (field === null || field.value === field.defaultValue) return number;
      return field.validity.valid ? parse(field.value) : undefined;
    };
    const amount = (text) => (text === "" ? undefined : Number(text));
    const share = (text) => (text === "" ? undefined : Number(text) / 100);
    const limit = (text) => (text === "" ? null : Number(text));
    const assumed = {
      value: read("value", table.value, amount),
      cost: table.cost.map((number, route) => read(`cost-${route}`, number, amount)),
      factor: table.factor.map((number, route) => read(`factor-${route}`, number, share)),
      capacity: table.capacity.map((number, team) => read(`capacity-${team}`, number, limit)),
    };
    const all = [assumed.value, ...assumed.cost, ...assumed.factor, ...assumed.capacity];
    return all.includes(undefined) ? null : assumed;
  }

  function markFields() {
    for (const field of form.querySelectorAll("input[type=number]")) {
      const isEmpty = field.value === "" && !field.id.startsWith("assumed-capacity");
      field.toggleAttribute("aria-invalid", false);
      if (!field.validity.valid || isEmpty) field.setAttribute("aria-invalid", "true");
    }
  }

  function show() {
    markFields();
    const assumed = readAssumed();
    const [discard, sales] = [Number(handles.discard.value), Number(handles.sales.value)];
    showHandles(discard, sales);
    if (assumed === null) return;
    const places = movePlaces(start, discard, sales);
    const figures = countRoutes(places, assumed);
    showFinding(figures, places, assumed);
    showRoutes(figures, discard, sales);
    writeAddress();
    showCurve(assumed, discard);
    drawPath("cuts", [discard, sales].map((place) => `M${scale(place)} 0V100`).join(""));
    // The figures as they are, before any is rounded.
    form.dispatchEvent(new CustomEvent("counted", { detail: { places, ...figures } }));
  }

  function showHandles(discard, sales) {
    for (const [name, place] of [["discard", discard], ["sales", sales]]) {
      handles[name].setAttribute("aria-valuetext", table.names[place]);
      find(`cut-${name}-name`).textContent = table.names[place];
    }
    // Where both stand at the upper end, the lower one must be within reach.
    handles.discard.style.zIndex = discard > last / 2 ? 2 : 1;
    handles.sales.style.zIndex = discard > last / 2 ? 1 : 2;
    const widths = [discard, sales - discard, last - sales];
    form.querySelectorAll(".band").forEach((band, route) => {
      band.style.flexGrow = widths[route];
    });
  }

  function showFinding(figures, places, assumed) {
    const { leads, conversions, total, over } = figures;
    // Two pairs of thresholds under one set of assumptions: what was assumed otherwise is no merit of a threshold.
    const difference = total - countRoutes(table.places, assumed).total;
    const text = fill("finding", {
      calls: say(leads[SALES]),
      precision: sayRatio(conversions[SALES], leads[SALES]),
      reached: say(conversions[SALES]),
      all: say(sum(conversions)),
      value: sayMoney(total),
      difference: difference === 0 ? "" : fill("difference", { difference: sayMore(difference) }),
    });
    find("explorer-finding").textContent = text;
    showNote("over", assumed.capacity.some((limit) => limit !== null), { over: say(over) });
    showNote("alone", table.kinds.some(([, maySales, mayNurture]) => maySales && !mayNurture), {
      cut: table.names[places[3]],
    });
    announce(text);
  }

  function showNote(name, isShown, values) {
    const note = find(`explorer-${name}`);
    note.hidden = !isShown;
    note.textContent = fill(name, values);
  }

  /* Read aloud once the handle rests, not at every step. */
  let timer = null;
  function announce(text) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      find("explorer-said").textContent = text;
    }, 400);
  }

  function showRoutes({ leads, conversions, profit, total }, discard, sales) {
    const rows = document.querySelectorAll("#explorer-routes tbody tr");
    const cuts = [sales, discard].map((place) => fill("from", { cut: table.names[place] }));
    const parts = [SALES, NURTURE, DISCARD].map((route) => [leads[route], conversions[route], profit[route]]);
    parts.push([sum(leads), sum(conversions), total]);
    parts.forEach(([count, converted, earned], row) => {
      const cells = [
        say(count), sayRatio(count, sum(leads)), sayRatio(converted, count),
        say(converted), sayRatio(converted, sum(conversions)), sayMoney(earned),
      ];
      if (row < 2) rows[row].cells[1].textContent = cuts[row];
      cells.forEach((text, place) => {
        rows[row].cells[place + 2].textContent = text;
      });
    });
  }

  const scale = (place) => ((place / last) * 1000).toFixed(1);

  /* Drawn again only when something but the sales handle moves. */
  let drawn = "";
  function showCurve(assumed, discard) {
    const key = JSON.stringify([assumed, discard, start]);
    if (key === drawn) return;
    drawn = key;
    const totals = table.steps.map(
      (_, sales) => countRoutes(movePlaces(start, Math.min(discard, sales), sales), assumed).total,
    );
    const highest = Math.max(...totals);
    const [low, high] = [Math.min(0, ...totals), Math.max(highest, 1)];
    const lift = (value) => (96 - ((value - low) / (high - low)) * 90).toFixed(1);
    const line = totals.map((total, place) => `${scale(place)} ${lift(total)}`);
    drawPath("profit", `M${line.join("L")}`);
    drawPath("zero", `M0 ${lift(0)}H1000`);
    showLevels([low, 0, high].filter((level, at, all) => all.indexOf(level) === at), lift);
    showNote("best", true, { value: sayMoney(highest), cut: table.names[totals.indexOf(highest)] });
  }

  /* The numbers of the axis at the left: the lowest value, none, and the highest. */
  function showLevels(levels, lift) {
    find("explorer-levels").replaceChildren(...levels.map((level) => {
      const label = document.createElement("span");
      label.textContent = sayMoney(level);
      label.style.top = `${lift(level)}%`;
      return label;
    }));
  }

  /* What is tried stands in the address, so that it can be kept and sent. */
  function writeAddress() {
    const tried = new URLSearchParams();
    for (const [name, handle] of Object.entries(handles)) {
      if (handle.value !== handle.defaultValue) tried.set(name, handle.value);
    }
    for (const field of form.querySelectorAll("input[type=number]")) {
      if (field.value !== field.defaultValue && field.validity.valid) tried.set(field.id.slice(8), field.value);
    }
    const [text, now] = [tried.toString(), location.hash.slice(1)];
    if (text === now || (text === "" && !now.includes("="))) return;
    history.replaceState(null, "", text ? `#${text}` : "#explorer");
  }

  function readAddress() {
    const tried = new URLSearchParams(location.hash.slice(1));
    for (const [name, value] of tried) {
      const field = handles[name] ?? find(`assumed-${name}`);
      if (field && form.contains(field)) field.value = value;
    }
    if (Number(handles.discard.value) > Number(handles.sales.value)) handles.discard.value = handles.sales.value;
    if (tried.size && location.hash.includes("=")) form.scrollIntoView();
  }

  function drawPath(name, path) {
    find("explorer-curve").querySelector(`.${name}`).setAttribute("d", path);
  }

  /* How many leads there are at each probability, as an area behind the line; steps differ in width. */
  function drawLeads() {
    const counts = new Array(last + 1).fill(0);
    queues.forEach((queue) => queue.step.forEach((step) => { counts[step] += 1; }));
    table.counts.forEach(([step, , , count]) => { counts[step] += count; });
    const width = (step) => Math.log(table.steps[step + 1] / table.steps[step]);
    const dense = counts.slice(1, last).map((count, before) => count / width(before + 1));
    // Where all leads are at the ends nothing lies between: a bar of no height, not of no number.
    const most = Math.max(1, ...dense);
    const bars = dense.map((density, step) => {
      const height = (100 - (density / most) * 55).toFixed(1);
      return `M${scale(step + 1)} 100V${height}H${scale(step + 2)}V100Z`;
    });
    drawPath("leads", bars.join(""));
  }

  function moveHandle(name) {
    const other = name === "discard" ? handles.sales : handles.discard;
    const isPast = Number(handles.discard.value) > Number(handles.sales.value);
    if (isPast) other.value = handles[name].value;
    request();
  }

  function setPlaces(places) {
    start = places;
    handles.discard.value = places[0];
    handles.sales.value = places[1];
    show();
  }

  let frame = null;
  function request() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(show);
  }

  /* A press on the track itself takes the nearer handle there. */
  function pressTrack(event) {
    if (event.target.matches("input") || event.button !== 0) return;
    const box = form.querySelector(".bands").getBoundingClientRect();
    const place = Math.round(((event.clientX - box.left) / box.width) * last);
    const distance = (handle) => Math.abs(Number(handle.value) - place);
    const name = distance(handles.discard) < distance(handles.sales) ? "discard" : "sales";
    handles[name].value = place;
    moveHandle(name);
    handles[name].focus();
    event.preventDefault();
  }

  handles.discard.addEventListener("input", () => moveHandle("discard"));
  handles.sales.addEventListener("input", () => moveHandle("sales"));
  form.querySelector(".fields").addEventListener("input", request);
  form.querySelector(".track").addEventListener("pointerdown", pressTrack);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => setPlaces(table.places)));
  find("explorer-imply").addEventListener("click", () => {
    const assumed = readAssumed();
    if (assumed !== null) setPlaces(findPlaces(assumed));
  });
  form.hidden = false;
  form.querySelectorAll(".ticks span").forEach((tick) => { tick.style.left = `${tick.dataset.left}%`; });
  readAddress();
  drawLeads();
  show();
})();
