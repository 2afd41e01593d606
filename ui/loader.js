// The one hand-written script: starts the page's WebAssembly, and says so where that fails.
import init from "./ui.js";

try {
  await init({ module_or_path: new URL("./ui_bg.wasm", import.meta.url) });
} catch (error) {
  const notice = document.createElement("p");
  notice.setAttribute("role", "alert");
  notice.id = "loading-failed";
  notice.textContent = `The window's page couldn't be started: ${error}. Install Countersign again; no data is affected.`;
  document.body.append(notice);
}
