// Comforts only: every page works without this file.
"use strict";

// A form sent twice does no harm (its one-time id sees to that); this spares the doubt.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && event.target.method === "post") {
    setTimeout(() => { button.disabled = true; }, 0);
    setTimeout(() => { button.disabled = false; }, 8000);
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("button[disabled]").forEach((button) => { button.disabled = false; });
});

// A box in a table's head checks all boxes of its form.
document.addEventListener("change", (event) => {
  const all = event.target;
  if (all.matches("[data-check-all]")) {
    all.closest("form").querySelectorAll(`input[name="${all.dataset.checkAll}"]`).forEach((box) => { box.checked = all.checked; });
  }
});

// Copy a ready text (for WeChat) from the element it names. Browsers have no clipboard object on plain http.
const copySelected = (text) => {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "hidden";
  box.readOnly = true;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
};
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button && await copy(document.getElementById(button.dataset.copy).textContent.trim())) {
    button.setAttribute("aria-live", "polite");
    button.textContent = button.dataset.done || "✓";
    button.focus();
  }
});

// "/" goes to the search box, unless something is being typed.
document.addEventListener("keydown", (event) => {
  const box = document.getElementById("find");
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (box && event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
  }
});

// A file dragged anywhere onto a page with one place for it goes there.
const placeForFile = (event) => {
  const form = document.querySelector("form[data-drop]");
  return form && event.dataTransfer.types.includes("Files") ? form.elements[form.dataset.drop] : null;
};
const showDrop = (event, on) => {
  const place = placeForFile(event);
  if (place) {
    event.preventDefault();
    place.closest(".panel").classList.toggle("dropping", on);
  }
  return place;
};
document.addEventListener("dragover", (event) => showDrop(event, true));
document.addEventListener("dragleave", (event) => showDrop(event, false));
document.addEventListener("drop", (event) => {
  const place = showDrop(event, false);
  if (place) {
    place.files = event.dataTransfer.files;
    place.focus();
  }
});
