// What happened to whom.

/** Whether what happened concerns a service: it names that one, or none. */
export const concerns = (tags: readonly string[], service: string): boolean => {
  const named = tags.filter((tag) => tag.startsWith("service:"));
  return !named.length || named.includes(`service:${service}`);
};
