// Tables sort by their heads and filter by a word; without this script they are whole, in the order of the report.
"use strict";
(function () {
  var SHORT = 20;
  function text(row, place) { return row.cells[place].textContent; }
  function number(value) {
    var found = value.replace(/[,\s\u00a0%]/g, "").replace(/\u2212/g, "-");
    return found === "" ? NaN : Number(found);
  }
  function sorter(place, up, numeric) {
    return function (one, other) {
      var a = text(one, place), b = text(other, place);
      if (numeric) {
        a = number(a); b = number(b);
        if (isNaN(a) || isNaN(b)) { return isNaN(a) - isNaN(b); }
        return up ? a - b : b - a;
      }
      return up ? a.localeCompare(b) : b.localeCompare(a);
    };
  }
  function sortable(table) {
    var heads = table.tHead.rows[0].cells, body = table.tBodies[0];
    Array.prototype.forEach.call(heads, function (head, place) {
      var button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", "Sort by " + head.textContent);
      var said = head.textContent, at = said.lastIndexOf(" ") + 1, last = document.createElement("span");
      head.textContent = said.slice(0, at);
      last.className = said.length - at > 24 ? "" : "last";
      last.textContent = said.slice(at) + "\u00a0";
      last.appendChild(button);
      head.appendChild(last);
      var numeric = head.className === "n";
      head.addEventListener("click", function () {
        var now = head.getAttribute("aria-sort");
        var up = now ? now === "descending" : !numeric;
        Array.prototype.forEach.call(heads, function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var rows = Array.prototype.slice.call(body.rows);
        rows.sort(sorter(place, up, numeric));
        var moved = document.createDocumentFragment();
        rows.forEach(function (row) { moved.appendChild(row); });
        body.appendChild(moved);
      });
    });
  }
  function filterable(table, number_) {
    var body = table.tBodies[0], all = body.rows.length;
    var tools = document.createElement("div"), label = document.createElement("label");
    var input = document.createElement("input"), told = document.createElement("span");
    tools.className = "tools";
    input.type = "search";
    input.id = "filter-" + number_;
    label.htmlFor = input.id;
    input.setAttribute("aria-label", "Show rows with these words: " + table.getAttribute("aria-label"));
    label.appendChild(document.createTextNode("Show rows with "));
    label.appendChild(input);
    told.setAttribute("role", "status");
    tools.appendChild(label);
    tools.appendChild(told);
    table.parentNode.parentNode.insertBefore(tools, table.parentNode);
    input.addEventListener("input", function () {
      var words = input.value.toLowerCase().split(/\s+/), shown = 0;
      Array.prototype.forEach.call(body.rows, function (row) {
        var said = row.textContent.toLowerCase();
        row.hidden = !words.every(function (word) { return said.indexOf(word) >= 0; });
        shown += !row.hidden;
      });
      told.textContent = input.value ? shown + " of " + all + " rows" : "";
    });
  }
  Array.prototype.forEach.call(document.querySelectorAll("table:not(.fixed)"), function (table, place) {
    if (table.tBodies[0].rows.length > 1) { sortable(table); }
    if (table.tBodies[0].rows.length > SHORT) { filterable(table, place); }
  });
})();
