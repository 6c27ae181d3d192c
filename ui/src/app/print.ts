// Paper: light, as wide as a page of it, and with everything on it that a screen would only show after scrolling.
import { signal } from "@preact/signals";
import { params } from "./route";
import { applyTheme, colours } from "./theme";
import { readZoom, zoom } from "./zoom";

/** Whether what is drawn is for paper: then at once, as nothing is drawn after. */
export const printing = signal(false);
const asked = signal(false);

/** Whether what is out of sight is wanted, too: `print` in the address says so, for programs that print. */
export const whole = (): boolean => asked.value || params.value.has("print");

/** How long is waited for answers before what is there is printed. */
const WAIT_MS = 20_000;
const LOOK_MS = 150;

/** Prints the page, once all of it is there. */
export const print = async (): Promise<void> => {
  asked.value = true;
  const until = Date.now() + WAIT_MS;
  let calm = 0;
  while (calm < 3 && Date.now() < until) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    calm = document.querySelector("[aria-busy=true]") ? 0 : calm + 1;
  }
  globalThis.print();
  asked.value = false;
};

const begin = (): void => {
  document.documentElement.classList.add("paper");
  document.documentElement.style.colorScheme = "light";
  zoom.value = 1;
  colours.value++;
  printing.value = true;
};

const end = (): void => {
  document.documentElement.classList.remove("paper");
  printing.value = false;
  applyTheme();
  zoom.value = readZoom();
};

/** Follows the browser when it prints. */
export const followPrinter = (): void => {
  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
};
