/* Draws the charts of report.html: one per metric, one line per variant, phases as bands, marks as lines. */
(() => {
  /* global uPlot */
  const data = JSON.parse(document.getElementById('data').textContent);
  if (data.time.length === 0) return;
  const PALETTE = ['#c62a2f', '#2b6cb0', '#18794e', '#b7791f', '#7c4dbb', '#0b7f8c', '#8a5a44'];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const hidden = new Set();
  const plots = document.getElementById('plots');
  const scope = document.getElementById('scope');
  let charts = [];

  document.getElementById('charts').hidden = false;
  data.scopes.forEach(({ name }, index) => {
    scope.append(new Option(name, String(index)));
  });
  scope.addEventListener('change', draw);

  const legend = document.getElementById('legend');
  data.variants.forEach((name, index) => {
    const button = document.createElement('button');
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.background = PALETTE[index % PALETTE.length];
    button.append(swatch, name);
    button.setAttribute('aria-pressed', 'true');
    button.addEventListener('click', () => {
      if (!hidden.delete(index)) hidden.add(index);
      button.setAttribute('aria-pressed', String(!hidden.has(index)));
      for (const chart of charts) chart.setSeries(index + 1, { show: !hidden.has(index) });
    });
    legend.append(button);
  });

  function percent(value) {
    return value === null ? '-' : `${(value * 100).toFixed(value < 0.1 ? 2 : 1)} %`;
  }

  function axisText(unit, value) {
    if (unit === 'share') return `${Number((value * 100).toPrecision(3))} %`;
    return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
  }

  /** The scenario's phases: every other one shaded, its name at the top, a line where it begins. */
  function drawPhases(chart) {
    const { ctx, bbox } = chart;
    ctx.save();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textBaseline = 'top';
    data.phases.forEach(({ name, from, to }, index) => {
      const left = Math.max(bbox.left, chart.valToPos(from, 'x', true));
      const right = Math.min(bbox.left + bbox.width, chart.valToPos(to, 'x', true));
      if (right <= left) return;
      if (index % 2 === 1) {
        ctx.fillStyle = css('--band');
        ctx.fillRect(left, bbox.top, right - left, bbox.height);
      }
      ctx.fillStyle = css('--dim');
      ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
      const room = right - left - 6 * devicePixelRatio;
      if (ctx.measureText(name).width < room) {
        ctx.fillText(name, left + 4 * devicePixelRatio, bbox.top + 3 * devicePixelRatio);
      }
    });
    ctx.restore();
  }

  /**
   * A line where something was done to the world, and its kind below the names of the phases; dashed
   * where only some variants have it, in the colour of the only one, and gone with them. Labels that would meet stand below each
   * other; one is enough where two marks of a kind fall together. Where an alert fires the line is a short
   * one, from below, with its name.
   */
  function drawMarks(chart) {
    const { ctx, bbox } = chart;
    const unit = devicePixelRatio;
    const labels = [];
    ctx.save();
    ctx.font = `${11 * unit}px system-ui, sans-serif`;
    ctx.textBaseline = 'top';
    ctx.textAlign = 'left';
    ctx.lineWidth = 1.5 * unit;
    for (const { at, kind, text, variants } of data.marks) {
      if (variants?.every((index) => hidden.has(index))) continue;
      const x = chart.valToPos(at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const colour =
        variants?.length === 1
          ? PALETTE[variants[0] % PALETTE.length]
          : css(kind === 'lift' ? '--mitigation' : `--${kind}`);
      ctx.strokeStyle = colour;
      ctx.setLineDash(variants === null ? [] : [4 * unit, 3 * unit]);
      ctx.beginPath();
      const isAlert = kind === 'alert';
      ctx.moveTo(x, bbox.top + (isAlert ? 0.75 * bbox.height : 0));
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const name = isAlert ? text : kind;
      const isNear = (label) => label.name === name && Math.abs(x - label.x) < 8 * unit;
      if (labels.some((label) => label.isAlert === isAlert && isNear(label))) continue;
      const width = ctx.measureText(name).width;
      const fits = x + width + 6 * unit < bbox.left + bbox.width;
      const left = fits ? x + 4 * unit : x - width - 4 * unit;
      const end = left + width + 4 * unit;
      const meets = (label) => label.isAlert === isAlert && label.end > left && label.left < end;
      let row = 1;
      while (labels.some((label) => label.row === row && meets(label))) row++;
      labels.push({ name, isAlert, x, row, left, end });
      const top = isAlert
        ? bbox.top + bbox.height - (3 + 14 * row) * unit
        : bbox.top + (3 + 14 * row) * unit;
      ctx.globalAlpha = 0.7; // what is below the label can still be seen
      ctx.fillStyle = css('--paper');
      ctx.fillRect(left - 2 * unit, top - unit, width + 4 * unit, 13 * unit);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colour;
      ctx.fillText(name, left, top);
    }
    ctx.restore();
  }

  function options(metric, width) {
    const axis = { stroke: css('--dim'), grid: { stroke: css('--line'), width: 1 } };
    return {
      width,
      height: 220,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      cursor: { sync: { key: 'report' } },
      scales: { y: { range: (_, __, top) => [0, top > 0 ? top * 1.12 : 1] } },
      axes: [
        { ...axis, values: '{HH}:{mm}' },
        {
          ...axis,
          size: 64,
          values: (_, ticks) => ticks.map((tick) => axisText(metric.unit, tick)),
        },
      ],
      hooks: { drawClear: [drawPhases], draw: [drawMarks] },
      series: [
        {},
        ...data.variants.map((label, index) => ({
          label,
          show: !hidden.has(index),
          stroke: PALETTE[index % PALETTE.length],
          width: 1.25,
          points: { show: false },
          value: (_, value) => (metric.unit === 'share' ? percent(value) : String(value)),
        })),
      ],
    };
  }

  function draw() {
    for (const chart of charts) chart.destroy();
    plots.replaceChildren();
    const { values } = data.scopes[Number(scope.value)];
    charts = data.metrics.map((metric) => {
      const box = document.createElement('div');
      box.className = 'plot';
      const title = document.createElement('h3');
      title.textContent = metric.title;
      box.append(title);
      plots.append(box);
      return new uPlot(options(metric, box.clientWidth), [data.time, ...values[metric.id]], box);
    });
  }

  draw();
  let pending = 0;
  addEventListener('resize', () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => {
      for (const chart of charts) {
        chart.setSize({ width: chart.root.parentElement.clientWidth, height: 220 });
      }
    });
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
