/** The table of the floors: what a group measured, held against its floor and its aim. A ratio is ours by theirs. */

export const MIB = 1 << 20;

/** A row that holds our numbers against theirs, picture by picture. */
export function against(what, ours, theirs, unit, floor, aim) {
  const ratios = ours.map((value, i) => value / theirs[i]);
  const average = (values) => `${mean(values).toFixed(mean(values) < 100 ? 1 : 0)} ${unit}`;
  const ratio = geometricMean(ratios);
  return row(what, average(ours), average(theirs), ratio, Math.max(...ratios), limit(floor), limit(aim), grade(ratio, floor, aim));
}

/** A line of the table. For looks, the ratio is a difference. */
export function row(what, ours, theirs, ratio, worst, floor, aim, verdict) {
  const rounded = (cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell);
  return `| ${[what, ours, theirs, ratio, worst, floor, aim, verdict].map(rounded).join(' | ')} |`;
}

export function grade(value, floor, aim) {
  if (value <= aim) return 'aim';
  if (floor === undefined) return aim === undefined ? '' : 'aim missed';
  return value <= floor ? 'floor' : 'missed';
}

const limit = (value) => value?.toFixed(2) ?? '';
export const mib = (value) => `${value.toFixed(1)} MiB`;
export const mean = (values) => values.reduce((a, b) => a + b) / values.length;
const geometricMean = (values) => Math.exp(mean(values.map(Math.log)));
/** Tells what was measured on one picture. */
export const say = (line) => console.error(line);
