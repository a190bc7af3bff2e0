import uPlot from 'uplot';
import { dollars, count, milliseconds, find } from './dom.js';

const made = [];

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const short = value => value >= 1e9 ? `${+(value / 1e9).toFixed(1)} B` : value >= 1e6 ? `${+(value / 1e6).toFixed(1)} M` : value >= 1e4 ? `${+(value / 1e3).toFixed(1)} k` : `${+value.toFixed(2)}`;
const axisDollars = value => `$${value >= 1e6 ? +(value / 1e6).toFixed(2) : (value / 1e6).toPrecision(2).replace(/\.?0+$/, '')}`;

/** Adds up from the bottom, so that the parts stand on each other. */
function stacked(parts) {
  const sums = parts.map(part => [...part]);
  for (let i = 1; i < sums.length; i++) {
    sums[i] = sums[i].map((value, at) => value + sums[i - 1][at]);
  }
  return sums;
}

function draw(id, { times, series, show, axis, bars, from, to, daily }) {
  const host = find(`#chart-${id}`);
  if (times.length === 0) {
    host.textContent = 'Nothing in this span';
    host.classList.add('none');
    return;
  }
  const [line, soft] = [colour('--line'), colour('--soft')];
  const axes = { stroke: soft, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  const plot = new uPlot({
    width: Math.max(host.clientWidth, 120),
    height: 150,
    padding: [8, 8, 0, 0],
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    legend: { live: true, markers: { width: 0, fill: (self, i) => self.series[i].paint } },
    scales: { x: { time: true, range: from === undefined ? undefined : [from, to] }, y: { range: (self, least, most) => [0, most > 0 ? most * 1.08 : 1] } },
    axes: [{ ...axes, space: 60, size: 28 }, { ...axes, size: 54, space: 32, values: (self, values) => values.map(axis) }],
    tzDate: daily ? time => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC') : undefined,
    series: [
      { value: (self, time) => time === null ? '–' : new Date(time * 1000).toLocaleString('en-GB', daily ? { day: '2-digit', month: 'short', timeZone: 'UTC' } : { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' }), label: daily ? 'Day (UTC)' : 'Time' },
      ...series.map(({ label, tone, shown }) => ({
        label, paint: colour(tone), stroke: colour(tone), width: bars ? 0 : 1.5, fill: bars ? colour(tone) : undefined, spanGaps: true,
        paths: bars ? uPlot.paths.bars({ size: [0.75, 40, 1], align: 0, radius: 0.15 }) : undefined, points: { show: !bars && times.length < 50, size: 4 },
        value: (self, value, i, at) => at === null || at === undefined ? '–' : shown ? show(shown[at]) : value === null ? '–' : show(value),
      })),
    ],
  }, [times, ...series.map(one => one.values)], host);
  made.push([plot, host]);
}

/** Parts on each other; the highest is drawn first, the others over it. */
function drawStack(id, parts, options) {
  const sums = stacked(parts.map(part => part.values));
  draw(id, { ...options, bars: true, series: parts.map((part, i) => ({ label: part.label, tone: part.tone, values: sums[i], shown: part.values })).reverse() });
}

export function drawCharts() {
  for (const [plot, host] of made.splice(0)) {
    plot.destroy();
    host.replaceChildren();
  }
  const data = JSON.parse(find('#charts').dataset.charts);
  const { series, latency, daily } = data;
  const step = daily ? 86400 : 3600;
  const over = { times: series.time, daily, from: series.time[0] - step / 2, to: series.time.at(-1) + step / 2 };
  draw('spend', { ...over, bars: true, show: value => dollars(Math.round(value * 1000)), axis: axisDollars, series: [{ label: 'Spend', tone: '--accent', values: series.cost }] });
  drawStack('requests', [
    { label: 'Failed', tone: '--bad', values: series.failed }, { label: 'Refused', tone: '--warn', values: series.refused }, { label: 'Answered', tone: '--accent', values: series.answered },
  ], { ...over, show: count, axis: short });
  drawStack('tokens', [{ label: 'Out', tone: '--second', values: series.output }, { label: 'In', tone: '--accent', values: series.input }], { ...over, show: count, axis: short });
  const all = series.answered.map((value, i) => value + series.refused[i] + series.failed[i]);
  const share = part => part.map((value, i) => all[i] === 0 ? null : value * 100 / all[i]);
  const percent = value => `${value.toFixed(1)} %`;
  draw('errors', { ...over, show: percent, axis: value => `${+value.toFixed(1)} %`, series: [{ label: 'Failed', tone: '--bad', values: share(series.failed) }, { label: 'Refused', tone: '--warn', values: share(series.refused) }] });
  const sample = { times: latency.time, show: milliseconds, axis: value => value >= 1000 ? `${+(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms` };
  draw('latency', { ...sample, series: [{ label: 'Half within', tone: '--accent', values: latency.half }, { label: '95 % within', tone: '--second', values: latency.most }] });
  draw('first', { ...sample, times: latency.first_half.some(value => value !== null) ? latency.time : [], series: [{ label: 'Half within', tone: '--accent', values: latency.first_half }, { label: '95 % within', tone: '--second', values: latency.first_most }] });
}

export function fitCharts() {
  for (const [plot, host] of made) {
    plot.setSize({ width: Math.max(host.clientWidth, 120), height: 150 });
  }
}
