// One timer for all times on the page. Timers sleep with the device and with a hidden page, so the clock is also read when
// the page is looked at again, and at least once a minute.

const LOOK_EVERY_MS = 60_000;
/** A little late: what changes at an instant has changed then. */
const AFTER_MS = 20;

interface Alarm {
  due: number;
  ring: (now: number) => void;
}

const alarms = new Set<Alarm>();
let timer: ReturnType<typeof setTimeout> | undefined;
let planned = Infinity;
let zone = 0;
let lastNow = 0;

/** Calls `ring` once, at `due` or as soon afterwards as anybody could see it; also when the clock or the time zone was set. */
export function setAlarm(due: number, ring: (now: number) => void): () => void {
  const alarm = { due, ring };
  if (alarms.size === 0) wake();
  alarms.add(alarm);
  if (due < planned) plan();
  return () => {
    alarms.delete(alarm);
    if (alarms.size === 0) rest();
  };
}

function wake(): void {
  lastNow = Date.now();
  zone = new Date().getTimezoneOffset();
  document.addEventListener('visibilitychange', look);
  window.addEventListener('pageshow', look);
  window.addEventListener('focus', look);
}

function rest(): void {
  clearTimeout(timer);
  planned = Infinity;
  document.removeEventListener('visibilitychange', look);
  window.removeEventListener('pageshow', look);
  window.removeEventListener('focus', look);
}

function plan(): void {
  clearTimeout(timer);
  const now = Date.now();
  planned = now + LOOK_EVERY_MS;
  for (const { due } of alarms) planned = Math.min(planned, due);
  timer = setTimeout(look, Math.max(0, planned - now) + AFTER_MS);
}

function look(): void {
  const now = Date.now();
  // Somebody travelled, or set the clock back: every text may be another one.
  const isSetAnew = now < lastNow || new Date(now).getTimezoneOffset() !== zone;
  lastNow = now;
  zone = new Date(now).getTimezoneOffset();
  for (const alarm of alarms) {
    if (!isSetAnew && alarm.due > now) continue;
    alarms.delete(alarm);
    alarm.ring(now);
  }
  if (alarms.size > 0) plan();
  else rest();
}
