// Turns the server's values into words. Nothing is decided here: lower bounds are rounded down, upper bounds up.

export const element = (name, className, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  // Strings become text nodes: whatever a pump or a person wrote is shown and never obeyed.
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

const span = (whole) => {
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
};

export const atLeast = (seconds) => span(Math.floor(Math.max(0, seconds)));

export const atMost = (seconds) => {
  const whole = Math.ceil(Math.max(0, seconds));
  return span(whole < 60 ? whole : Math.ceil(whole / 60) * 60);
};

export class LocalTime {
  constructor(zone) {
    this.zone = zone;
    const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    try {
      this.time = new Intl.DateTimeFormat("en-GB", { ...parts, timeZone: zone, timeZoneName: "short" });
      this.day = new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "numeric", month: "short" });
    } catch {
      // A zone that this browser does not know: better UTC, and said so, than the reader's own zone.
      this.time = new Intl.DateTimeFormat("en-GB", { ...parts, timeZone: "UTC", timeZoneName: "short" });
      this.day = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
    }
  }

  // The wall time of an instant; the day as well where it is not the server's present day.
  of(instant, now) {
    const at = new Date(instant);
    const day = this.day.format(at);
    const time = this.time.format(at);
    return now && day === this.day.format(new Date(now)) ? time : `${day}, ${time}`;
  }
}

// The wall time and UTC beside it, unless they are the same.
export const both = (instant, now, time) => {
  const local = time.of(instant, now);
  return local.endsWith("UTC") ? local : `${local} (${utc(instant)})`;
};

export const utc = (instant) => `${new Date(instant).toISOString().slice(11, 19)} UTC`;

export const STATES = {
  "awaiting-review": "waits for a clinician's review",
  complete: "therapy complete",
  "free-interval": "free interval by plan",
  delivering: "delivering",
  "flow-returned": "flow has returned",
  interrupted: "INTERRUPTED",
  "not-started": "never seen to flow",
  silent: "SILENT",
};

export const CLASSES = {
  below: "below the restart threshold",
  possible: "may have passed the restart threshold",
  reached: "restart threshold reached",
};
