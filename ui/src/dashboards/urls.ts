// Addresses in texts that others wrote.

/** An address that leads somewhere and runs nothing; nothing where it is none. */
export const safeUrl = (url: string): string | undefined =>
  /^(https?:|mailto:|\/|#|\.|\?|[\w-]+(\/|$))/i.test(url.trim()) &&
  !/^\s*(javascript|data|vbscript):/i.test(url)
    ? url
    : undefined;
