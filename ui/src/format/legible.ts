// Characters that are not seen and turn around what comes after them: shown by their number, so that a name looks like what it is.

/** Controls, and what embeds, overrides, isolates or separates; not what letters of some languages need between them. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** `abc⟨U+202E⟩def`. */
export const legible = (text: string): string =>
  text.replace(UNSEEN, (letter) => `⟨U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
