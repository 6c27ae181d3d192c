// Paper: light, as wide as a page of it, and with everything on it that a screen would only show after scrolling. A picture is of
// everything, too.
import { signal } from "@preact/signals";
import { params } from "./route";
import { applyTheme, colours } from "./theme";
import { pageTurns } from "./turns";
import { readZoom, zoom } from "./zoom";

/** Whether what is drawn is for paper: then at once, as nothing is drawn after. */
export const printing = signal(false);
const asked = signal<"paper" | "picture" | undefined>(undefined);

/** Whether what is folded away is wanted: `print` in the address says so, for programs that print. */
export const unfolded = (): boolean => asked.value === "paper" || params.value.has("print");

/** Whether what is out of sight is wanted, too. A picture is of what one would see by scrolling: what is folded stays so. */
export const whole = (): boolean => asked.value === "picture" || unfolded();

/** How long is waited for answers before what is there is taken. */
const WAIT_MS = 20_000;
const LOOK_MS = 150;

/** Prints the page, once all of it is there. */
export const print = (): Promise<void> => withAll("paper", () => globalThis.print());

/** Does something with the page while all of it is there, or as much as came in time. */
export const withAll = async <T>(what: "paper" | "picture", work: () => T | Promise<T>): Promise<T> => {
  asked.value = what;
  try {
    const until = Date.now() + WAIT_MS;
    let calm = 0;
    while (calm < 3 && Date.now() < until) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      calm = document.querySelector("[aria-busy=true]") || pageTurns.waits() ? 0 : calm + 1;
    }
    return await work();
  } finally {
    asked.value = undefined;
  }
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
