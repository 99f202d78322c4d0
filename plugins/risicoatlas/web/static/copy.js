// Shows the copy buttons of the start page and makes them work; without scripts the addresses can be selected by hand.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  const address = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copy(address);
    document.getElementById("copy-status").textContent = done ? button.dataset.done : "";
    if (done) {
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 2000);
    }
  });
}

// The clipboard is closed on plain http; then the text is selected, ready for Ctrl+C.
async function copy(address) {
  try {
    await navigator.clipboard.writeText(address.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(address);
    return false;
  }
}
