// Selectors of a service's metrics, narrowed to an endpoint or to what failed.
import type { DeckNames } from "../api/types";

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
