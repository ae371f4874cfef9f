/* Tables are sorted by a press on a column's head: up, down, and as they were. */
(() => {
  "use strict";
  const MISSING = "–";
  const LANGUAGE = document.documentElement.lang;
  const SEPARATORS = new Intl.NumberFormat(LANGUAGE).formatToParts(12345.6);
  const [GROUP, DECIMAL] = ["group", "decimal"].map((type) => SEPARATORS.find((part) => part.type === type).value);

  /* The first number of a cell, the figure itself where its interval follows, and whether a few words
     stand before it. A week, 2025-W12, or a cell of a grid, A1, is a name. */
  function readNumber(text) {
    const plain = text.replaceAll(GROUP, "").replace(DECIMAL, ".");
    const found = /^((?:\p{L}+\s+){0,3})([−+]?)\p{Sc}?(\d+(?:\.\d+)?)(?![\p{L}\d_-])/u.exec(plain);
    if (found === null) return null;
    return { value: Number(found[3]) * (found[2] === "−" ? -1 : 1), isWorded: found[1] !== "" };
  }

  /* Words before a number tell of a bound, "under 0.01 %", where most cells are plain numbers; where they
     stand in most cells they are a part of names: months, quarters, "leads 100". */
  function holdsNumbers(texts) {
    const numbers = texts.filter((text) => text !== MISSING).map(readNumber);
    if (numbers.includes(null)) return false;
    return numbers.filter((number) => number.isWorded).length * 2 <= numbers.length;
  }

  function compareNumbers(a, b) {
    const [left, right] = [readNumber(a), readNumber(b)];
    // What lies under a number comes before it.
    return left.value - right.value || right.isWorded - left.isWorded;
  }

  const compareNames = (a, b) => a.localeCompare(b, LANGUAGE, { numeric: true });

  function sortRows(original, head, direction) {
    if (direction === "none") return original;
    // Ages, months and the like: the rows stand in their order.
    if (head.hasAttribute("data-ordered")) return direction === "ascending" ? original : [...original].reverse();
    const read = (row) => row.cells[head.cellIndex].textContent.trim();
    const order = holdsNumbers(original.map(read)) ? compareNumbers : compareNames;
    return [...original].sort((a, b) => {
      const [left, right] = [read(a), read(b)];
      // What is missing is last, whichever way the others go.
      if (left === MISSING || right === MISSING) return (left === MISSING) - (right === MISSING);
      return direction === "ascending" ? order(left, right) : order(right, left);
    });
  }

  function sortTable(table, original, head, direction) {
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    if (direction !== "none") head.setAttribute("aria-sort", direction);
    table.tBodies[0].append(...sortRows(original, head, direction));
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
