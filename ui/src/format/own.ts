// Tables that are looked into by names that others chose: a file, an address, a label.

/** What a table has under such a name; nothing of what every object has, as `constructor`. */
export const ownOf = <T>(
  table: Readonly<Partial<Record<string, T>>> | undefined,
  name: string,
): T | undefined => (table && Object.hasOwn(table, name) ? table[name] : undefined);
