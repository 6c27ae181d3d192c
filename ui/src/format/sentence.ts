// What a server says of an error, as a sentence among others: with a capital, and with a full stop where it has no end of its own.

export const sentence = (text: string): string => {
  const said = text.trim();
  return said && `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.!?…]$/.test(said) ? "" : "."}`;
};
