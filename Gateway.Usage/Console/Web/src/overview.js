import { attempt, everySeconds, renew } from './api.js';
import { drawCharts, fitCharts } from './charts.js';

export function overview() {
  drawCharts();
  let waiting;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(fitCharts, 100);
  });
  addEventListener('gateway-theme', drawCharts);
  everySeconds(30, () => attempt(async () => {
    if (await renew('section.cards', '#charts', '.pair')) {
      drawCharts();
    }
  }));
}
