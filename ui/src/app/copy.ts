// Copying, also where the browser keeps its clipboard from pages that did not come over TLS, as most servers of a team do not.

/** By what is selected: the way of before, which needs no permission. */
const bySelection = (text: string): boolean => {
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "visually-hidden";
  const before = document.activeElement as HTMLElement | null;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  before?.focus();
  return copied;
};

/** Puts a text into the clipboard; fails where the browser refuses both ways. */
export const copy = async (text: string): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!bySelection(text)) throw new Error("this browser does not let the page copy");
  }
};
