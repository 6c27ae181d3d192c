// The way in: paint the deck that came with the document, then listen for the next.
import { render } from "preact";
import { showUnseen } from "./app/names";
import { followPrinter } from "./app/print";
import { followLinks } from "./app/route";
import { Shell } from "./app/shell";
import { applyTheme } from "./app/theme";
import { listen } from "./deck/live";
import "./styles.css";

applyTheme();
showUnseen();
followLinks();
followPrinter();
const root = document.getElementById("app");
if (root) {
  root.textContent = "";
  render(<Shell />, root);
}
listen();
