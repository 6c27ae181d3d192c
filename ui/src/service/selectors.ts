// Selectors of a service's metrics, narrowed to an endpoint or to what failed.
import type { DeckNames } from "../api/types";

/** How many requests per second a selector of them tells, over a window. */
export const rateOf = (
  names: Pick<DeckNames, "requestsAreHistograms">,
  selector: string,
  window = "$window",
): string => {
  const rate = `rate(${selector}[${window}])`;
  return names.requestsAreHistograms ? `histogram_count(${rate})` : rate;
};

/**
 * A rate over so many seconds as that of those for which there are samples: a service that began a minute ago is as busy as it was
 * since. What is missing at an end is no more than a scrape or two where there are samples all along.
 */
export const whileMeasured = (rate: number, seconds: number, covered: number | undefined): number =>
  covered && covered < seconds * 0.95 ? (rate * seconds) / covered : rate;

/**
 * What has many kinds, as the lines of the ten that count most over the whole range and one of all others: the ten of each
 * moment would be other ones at every step, and their sum less than there is.
 */
export const mostOf = (by: string, query: string, seconds: number): { most: string; others: string } => {
  const each = `sum by (${by}) (${query})`;
  const whole = each.replaceAll("[$window]", `[${seconds}s] @ end()`);
  const chosen = `on (${by}) topk(10, ${whole} > 0)`;
  return { most: `${each} and ${chosen}`, others: `sum(${each} unless ${chosen})` };
};

/** Adds a matcher to a selector. */
export const narrowed = (selector: string, matcher: string): string =>
  !matcher
    ? selector
    : selector.endsWith("}")
      ? `${selector.slice(0, -1)},${matcher}}`
      : `${selector}{${matcher}}`;

/** `status=~"5.."` the other way round. */
export const negated = (matcher: string): string =>
  matcher.replace(/=~"/, '!~"').replace(/([^!])="/, '$1!="');

/** `GET /orders/{id}` as matchers; without a method all of them. */
export const endpointMatcher = (endpoint: string, names: Pick<DeckNames, "method" | "endpoint">): string => {
  const [, method, route = ""] = /^(?:([A-Z]+) )?(.*)$/s.exec(endpoint) ?? [];
  if (!route) return "";
  return `${method ? `${names.method}=${JSON.stringify(method)},` : ""}${names.endpoint}=${JSON.stringify(route)}`;
};
