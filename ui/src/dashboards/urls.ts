// Addresses in texts that others wrote.
import { href, params } from "../app/route";

/** `/d/uid/any-name?var-x=1` as an address of ours; other addresses stay as they are. */
export const ours = (url: string): string => {
  const found = /^(?:\.?\/)?(?:grafana\/)?d\/([\w-]+)(?:\/[^?#]*)?(\?[^#]*)?(?:#.*)?$/.exec(url);
  const [, id, query = ""] = found ?? [];
  return id ? href(`/dashboards/${id}`) + (params.value.has("tz") ? query.replace("?", "&") : query) : url;
};

/** An address that leads somewhere and runs nothing; nothing where it is none. */
export const safeUrl = (url: string): string | undefined =>
  /^(https?:|mailto:|\/|#|\.|\?|[\w-]+(\/|$))/i.test(url.trim()) &&
  !/^\s*(javascript|data|vbscript):/i.test(url)
    ? url
    : undefined;
