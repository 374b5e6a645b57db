// Times in seconds as people write them.

/** Write seconds as m:ss, or as h:mm:ss from an hour on. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Write how long something is, in whole seconds that hold it. */
export function long(seconds) {
  return clock(Math.ceil(seconds - 1e-6));
}

/** Write the whole seconds that hold a part of a video: 0:08–0:12. */
export function span(start, end) {
  return `${clock(start)}–${long(end)}`;
}

/** Round seconds to hundredths, for links, forms and exports. */
export function hundredths(seconds) {
  return Math.round(seconds * 100) / 100;
}

/** Return equal steps along a video, a round number of seconds apart, at most `most` of them. */
export function ticks(duration, most) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  const step = steps.find((seconds) => duration / seconds <= most) ?? Math.ceil(duration / most / 3600) * 3600;
  return Array.from({ length: Math.floor(duration / step + 1e-6) + 1 }, (_, index) => index * step);
}
