// Starts the WebAssembly that stands in this file. Where that fails, or the verifier stops in the middle, nothing that
// was shown may be taken for a verdict, so nothing of it stays.
(() => {
  const stopped = (why) => {
    const notice = document.createElement("p");
    notice.setAttribute("role", "alert");
    notice.id = "loading-failed";
    notice.textContent = `The verifier stopped: ${why}. This says nothing about any file. A file that needs more than \
256 MB of memory is verified by \`countersign verify\` on the command line. Load this page again to go on.`;
    document.body.replaceChildren(notice);
  };
  const isOurs = (error) => error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
  addEventListener("error", (event) => isOurs(event.error) && stopped(event.error));
  addEventListener("unhandledrejection", (event) => isOurs(event.reason) && stopped(event.reason));
  const start = async () => {
    const packed = Uint8Array.from(atob(VERIFIER), (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    await wasm_bindgen({ module_or_path: await new Response(unpacked).arrayBuffer() });
  };
  start().catch(stopped);
})();
