/* Tables are sorted by a press on a column's head: up, down, and as they were. */
(() => {
  "use strict";
  const MISSING = "–";

  /* The first number of a cell: the figure itself where its interval follows. Months are names. */
  function readNumber(text) {
    const found = /^(?:under\s)?([−+]?)€?(\d[\d,]*(?:\.\d+)?)(?![\w-])/.exec(text);
    return found === null ? NaN : Number(found[2].replaceAll(",", "")) * (found[1] === "−" ? -1 : 1);
  }

  function chooseOrder(texts) {
    const told = texts.filter((text) => text !== MISSING);
    if (told.every((text) => !Number.isNaN(readNumber(text)))) return (a, b) => readNumber(a) - readNumber(b);
    return (a, b) => a.localeCompare(b, "en", { numeric: true });
  }

  function sortTable(table, original, head, direction) {
    const read = (row) => row.cells[head.cellIndex].textContent.trim();
    const order = chooseOrder(original.map(read));
    const sorted = direction === "none" ? original : [...original].sort((a, b) => {
      const [left, right] = [read(a), read(b)];
      // What is missing is last, whichever way the others go.
      if (left === MISSING || right === MISSING) return (left === MISSING) - (right === MISSING);
      return direction === "ascending" ? order(left, right) : order(right, left);
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    if (direction !== "none") head.setAttribute("aria-sort", direction);
    table.tBodies[0].append(...sorted);
  }

  function makeSortable(table) {
    const original = [...table.tBodies[0].rows];
    if (original.length < 3 || table.closest("[data-fixed]")) return;
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      // Figures are mostly looked at from the highest, names from the first.
      const first = head.cellIndex === 0 || head.classList.contains("text") ? "ascending" : "descending";
      const second = first === "ascending" ? "descending" : "ascending";
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        sortTable(table, original, head, now === null ? first : now === first ? second : "none");
      });
    }
    table.classList.add("sortable");
  }

  document.querySelectorAll("table").forEach((table) => {
    if (table.tHead !== null && table.tBodies.length === 1) makeSortable(table);
  });
})();
