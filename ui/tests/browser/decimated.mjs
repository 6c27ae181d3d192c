// A day by the second of many series: what travels is a picture's worth of it, and no spike is lost on the way.
import { check, measure, quiet, soon, until } from "./runner.mjs";
import { settled } from "./world.mjs";

export const decimated = async ({ base, page }) => {
  const [now, seconds] = [Math.floor(Date.now() / 1000), 7_200];
  const range = async (query, more) =>
    (
      await (
        await fetch(`${base}/api/v1/query_range`, {
          method: "POST",
          body: new URLSearchParams({ query, start: now - seconds, end: now, step: 1, ...more }),
        })
      ).json()
    ).data.result;
  const query = 'rate(http_requests_total{job="orders"}[1m])';
  const [all, few] = await Promise.all([range(query), range(query, { max_points: 2_001 })]);
  const stretches = (series) =>
    series.values.reduce((found, [time, value]) => {
      const at = Math.floor(((time - now + seconds) * 1_000) / seconds);
      const [low, high] = found.get(at) ?? [Infinity, -Infinity];
      return found.set(at, [Math.min(low, value), Math.max(high, value)]);
    }, new Map());
  const same = all.every((series, at) => {
    const [full, thin] = [stretches(series), stretches(few[at])];
    return (
      full.size === thin.size &&
      [...full].every(([key, [low, high]]) => thin.get(key)?.[0] === low && thin.get(key)?.[1] === high)
    );
  });
  check(
    "of each stretch the lowest and the highest arrive",
    all.length > 0 && same && few.every(({ values }) => values.length <= 2_001),
  );
  let answer;
  const note = async (response) => {
    if (/query_range$/.test(new URL(response.url()).pathname)) {
      const body = await response.body();
      answer = {
        bytes: body.length,
        asked: new URLSearchParams(response.request().postData()),
        result: JSON.parse(body).data?.result ?? [],
      };
    }
  };
  page.on("response", note);
  page.wrong.length = 0;
  await page.goto(
    `${base}/explore?from=now-24h&step=1&q=${encodeURIComponent('{__name__=~"http_request_duration_seconds_bucket|http_requests_total"}')}`,
  );
  await until("a day by the second", 90_000, () => answer);
  await settled(page);
  page.off("response", note);
  const most = Math.max(...answer.result.map(({ values }) => values.length));
  measure(
    `a day by the second of ${answer.result.length} series, ${(86_400 * answer.result.length).toLocaleString("en")} steps`,
    (answer.bytes / 1e6).toFixed(1),
    `MB before compression, at most ${most} points a series`,
  );
  check(
    "a day by the second travels thinned",
    answer.asked.get("step") === "1" &&
      most > 0 &&
      most <= Number(answer.asked.get("max_points")) &&
      answer.result.length > 20,
    JSON.stringify([...answer.asked]),
  );
  await soon("and is drawn", () => page.locator(".u-wrap canvas").count(), 1);
  quiet("by the second", page);
};
