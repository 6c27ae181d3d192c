// Panels that several dashboards of these checks have.

/** One number: how many targets are up. */
export const countUp = (more = {}) => ({
  id: 1,
  type: "stat",
  title: "Up",
  gridPos: { x: 0, y: 0, w: 8, h: 6 },
  targets: [{ refId: "A", expr: "count(up)" }],
  ...more,
});
