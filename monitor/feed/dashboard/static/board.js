// Draws the board from one answer of the server, in the server's order.

import { CLASSES, STATES, atLeast, atMost, both, element } from "/dashboard/words.js";

const SIGNS = { reached: "\u25a0", possible: "\u25b2", below: "\u25c6", silent: "\u25c7", fine: "\u25cf" };

// How loud a row is: by the class of its interruption, else by silence. Silence is never drawn as calm.
const loudness = (pump) => {
  if (pump.class) return pump.class;
  return pump.link.is_silent || pump.state === "silent" || pump.state === "not-started" ? "silent" : "fine";
};

const timeLeft = (pump, time) => {
  const cell = element("td", "left");
  if (pump.interruption?.is_unbounded) {
    cell.append(element("strong", "", "not known until the clock is set"));
    return cell;
  }
  if (pump.time_left_s === null) {
    cell.append(element("strong", "", pump.state === "complete" || pump.state === "free-interval" ? "none needed" : "unknown"));
  } else if (pump.time_left_s < 0) {
    cell.append(element("strong", "", `passed ${atLeast(-pump.time_left_s)} ago`));
  } else {
    cell.append(element("strong", "", atLeast(pump.time_left_s)));
  }
  if (pump.deadline_at) {
    cell.append(element("small", "", `until ${both(pump.deadline_at, pump.at, time)}`));
  } else if (pump.interruption?.threshold_met_at) {
    const met = pump.interruption.threshold_met_at;
    cell.append(element("small", "", `since ${both(met, pump.at, time)}`));
  } else if (pump.time_left_s !== null) {
    cell.append(element("small", "", "if flow stopped after its last evidence"));
  }
  return cell;
};

// After a downtime of unknown length nothing is an upper bound until the clock is set, and no beginning is known.
const most = (pump) =>
  pump.interruption.is_unbounded ? "how long at most is not known until the clock is set" : `at most ${atMost(pump.off_max_s)}`;

const since = (interruption, pump, time) =>
  interruption.is_unbounded ? "since when is not known" : `since ${time.of(interruption.opened_at, pump.at)} at the earliest`;

const offTime = (pump, time) => {
  const cell = element("td", "off");
  const interruption = pump.interruption;
  if (!interruption) {
    cell.append(element("span", "", "no interruption"));
    return cell;
  }
  cell.append(
    element("strong", "", `at least ${atLeast(pump.off_min_s)}`),
    element("strong", "", most(pump)),
    element("small", "class", CLASSES[pump.class]),
    element("small", "", `${interruption.id}, ${since(interruption, pump, time)}`),
  );
  if (interruption.found_late) cell.append(element("small", "", "found late"));
  return cell;
};

const delivery = (pump, time) => {
  const rate = pump.rate_ml_per_h === null ? "" : ` at ${pump.rate_ml_per_h} mL/h`;
  const said = pump.delivery === null ? "has said nothing yet" : `last said: ${pump.delivery}${rate}`;
  const cell = element("td", "", element("strong", "", STATES[pump.state] ?? pump.state), element("small", "", said));
  const { mark, hold } = pump.plan;
  if (mark) {
    const text = `planned: ${mark.kind} by ${mark.by}, quiet until ${time.of(mark.quiet_until, pump.at)}`;
    cell.append(element("small", "planned", text));
  }
  if (hold) cell.append(element("small", "planned", `held by ${hold.by}: ${hold.reason}`));
  const { course, free_until: freeUntil, next_order: nextOrder } = pump.plan;
  if (course) cell.append(element("small", "planned", `course: ${course.text}`));
  if (freeUntil) cell.append(element("small", "planned", `free by plan until ${time.of(freeUntil, pump.at)}`));
  if (nextOrder && nextOrder.starts_at) {
    const text = `next order: ${nextOrder.rate_ml_per_h} mL/h from ${time.of(nextOrder.starts_at, pump.at)}`;
    cell.append(element("small", "planned", text));
  }
  return cell;
};

const lastHeard = (pump) => {
  const age = pump.link.last_contact_age_s;
  const cell = element("td", "heard");
  const text = age === null ? "never" : `${atMost(age)} ago`;
  cell.append(element("strong", "", pump.link.is_silent ? `SILENT, ${text}` : text));
  cell.append(element("small", "", `link: ${pump.link.state}`));
  return cell;
};

const alarms = (pump) => {
  const list = element("ul", "alarms");
  for (const alert of pump.alerts) {
    const raw = alert.raw_code ? ` (pump: ${alert.raw_code})` : "";
    const taken = alert.acknowledged_by ? `acknowledged by ${alert.acknowledged_by}` : "not acknowledged";
    list.append(
      element(
        "li",
        alert.priority,
        element("span", "priority", alert.priority.toUpperCase()),
        ` ${alert.code}${raw} `,
        element("small", "", `${taken} [${alert.id}]`),
      ),
    );
  }
  return element("td", "", pump.alerts.length ? list : "none");
};

const LABELS = ["Time left, at worst", null, "Off-time", "Delivery", "Last heard", "Alarms"];

export const row = (pump, time) => {
  const loud = loudness(pump);
  const drawn = element("tr", loud);
  drawn.dataset.pump = pump.id;
  const name = element("th", "", element("span", "sign", SIGNS[loud]), ` ${pump.id}`, element("small", "", pump.therapy));
  name.scope = "row";
  name.title = pump.id;
  const cells = [timeLeft(pump, time), name, offTime(pump, time), delivery(pump, time), lastHeard(pump), alarms(pump)];
  // The roles are said aloud, because a narrow page lays the table out as cards and would lose them.
  drawn.setAttribute("role", "row");
  cells.forEach((cell, place) => {
    cell.setAttribute("role", LABELS[place] ? "cell" : "rowheader");
    if (LABELS[place]) cell.dataset.label = LABELS[place];
  });
  drawn.append(...cells);
  return drawn;
};

export const summary = (board) => {
  const count = (test) => board.items.filter(test).length;
  const open = count((pump) => pump.interruption !== null);
  const silent = count((pump) => pump.link.is_silent);
  const hidden = board.total > board.items.length ? ` Shown are the ${board.items.length} with the least time left.` : "";
  return `${board.total} under watch, ${open} with an open interruption, ${silent} silent.${hidden}`;
};

export const notice = (one, time, now) =>
  element(
    "li",
    "",
    element("small", "", `${time.of(one.at, now)} \u00b7 ${one.rung} \u00b7 ${one.contact} over ${one.channel} \u00b7 ${one.state}`),
    element("p", "", one.text),
  );

const TOLD = ["kind", "code", "priority", "class", "state", "phase", "rung", "contact", "what", "why", "by", "detail"];

export const happening = (record, time, now) => {
  const facts = { ...record.data, ...record.data.alert };
  const told = TOLD.filter((key) => facts[key]).map((key) => `${key} ${facts[key]}`);
  if (typeof facts.off_min_s === "number") {
    told.push(`off at least ${atLeast(facts.off_min_s)}, at most ${atMost(facts.off_max_s)}`);
  }
  const head = `${record.at ? time.of(record.at, now) : "undated"} \u00b7 ${record.pump ?? "monitor"}`;
  return element(
    "li",
    "",
    element("small", "", head),
    element("p", "", element("strong", "", record.kind.replaceAll("-", " ")), told.length ? `: ${told.join(", ")}` : ""),
  );
};
