// The unit of a query's values, from the names and functions it is made of.

/** As dashboards name it; `short` where nothing tells. */
export const unitOf = (query: string): string => {
  const perSecond = /\b(rate|irate)\s*\(/.test(query);
  const divides = /\/\s*[^=]/.test(query.replace(/"[^"]*"/g, "").replace(/\/\s*[\d.]+/g, ""));
  if (
    /_seconds_bucket|_seconds_sum|_duration_seconds/.test(query) &&
    (/histogram_quantile/.test(query) || (divides && /_count/.test(query)))
  )
    return "s";
  if (divides) return "short";
  if (/_bytes(_total)?\b/.test(query)) return perSecond ? "Bps" : "bytes";
  if (/_seconds\b/.test(query) && !/timestamp|time_seconds|_count\b/.test(query))
    return perSecond ? "short" : "s";
  if (/_(ratio)\b/.test(query)) return "percentunit";
  if (/(requests?|responses)_total\b|_seconds_count\b/.test(query) && perSecond) return "reqps";
  if (/_total\b/.test(query) && perSecond) return "ops";
  return "short";
};

/** The unit of the bounds of a query's buckets: that of what is measured, not of how often it is. */
export const unitOfBounds = (query: string): string =>
  unitOf(/[A-Za-z_:][\w:]*(?=_bucket\b)/.exec(query)?.[0] ?? "");
