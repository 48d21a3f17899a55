// What a person would see at once on a page: texts that run into each other, are cut, or can hardly be read.
(function () {
  "use strict";
  var LEAST = 4.5, LARGE = 3, faults = [];
  function said(node) { return node.textContent.trim().replace(/\s+/g, " ").slice(0, 60); }
  function rgba(text) {
    var found = text.match(/[\d.]+/g);
    return found ? [+found[0], +found[1], +found[2], found.length > 3 ? +found[3] : 1] : [0, 0, 0, 0];
  }
  function over(top, below) {
    var a = top[3];
    return [0, 1, 2].map(function (i) { return top[i] * a + below[i] * (1 - a); }).concat([1]);
  }
  function bright(colour) {
    var parts = colour.slice(0, 3).map(function (value) {
      value /= 255;
      return value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  }
  function contrast(one, other) {
    var a = bright(one), b = bright(other);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  function page() { return over(rgba(getComputedStyle(document.body).backgroundColor), [255, 255, 255, 1]); }
  function ground(element) {
    var found = [];
    for (var at = element; at && at.nodeType === 1; at = at.parentNode) {
      var colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) { found.push(colour); }
    }
    return found.reverse().reduce(function (below, top) { return over(top, below); }, page());
  }
  function drawnBelow(text, x, y) {
    var stack = document.elementsFromPoint(x, y).filter(function (at) {
      return at.ownerSVGElement && /^(path|rect|use)$/.test(at.tagName);
    });
    return stack.reverse().reduce(function (below, at) {
      var style = getComputedStyle(at), fill = style.fill;
      if (fill === "none" || fill.indexOf("url") >= 0) { return below; }
      var colour = rgba(fill);
      colour[3] *= +style.fillOpacity * +style.opacity;
      return over(colour, below);
    }, page());
  }
  function clipped(rect, node) {
    for (var at = node.parentNode; at && at.nodeType === 1; at = at.parentNode) {
      if (getComputedStyle(at).overflowX !== "visible" && at !== document.documentElement && at !== document.body) {
        var box = at.getBoundingClientRect();
        rect = { left: Math.max(rect.left, box.left), right: Math.min(rect.right, box.right), top: rect.top, bottom: rect.bottom };
      }
    }
    return rect;
  }
  var boxes = [];
  var walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    var node = walker.currentNode, parent = node.parentElement;
    if (!node.textContent.trim() || /^(SCRIPT|STYLE|TITLE|DESC)$/i.test(parent.tagName)) { continue; }
    if (parent.closest(".skip") || !parent.checkVisibility({ checkVisibilityCSS: true })) { continue; }
    var svg = parent.closest("svg"), range = document.createRange();
    range.selectNodeContents(node);
    var rects = svg ? [parent.getBoundingClientRect()] : Array.prototype.slice.call(range.getClientRects());
    rects.forEach(function (rect) {
      var seen = svg ? rect : clipped(rect, node);
      if (seen.right - seen.left < 1 || seen.bottom - seen.top < 1) { return; }
      var line = Math.min((seen.bottom - seen.top) * 0.18, 3);
      var down = window.scrollY;
      boxes.push({ l: seen.left + 1, r: seen.right - 1, t: seen.top + line + down, b: seen.bottom - line + down, node: node, said: said(node) });
      if (rect.left < -0.5 || (seen.right > document.documentElement.clientWidth + 0.5)) {
        faults.push("beyond the edge: " + said(node));
      }
    });
    if (svg) {
      var frame = svg.getBoundingClientRect(), box = parent.getBoundingClientRect();
      if (box.left < frame.left - 1.5 || box.right > frame.right + 1.5 || box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5) {
        faults.push("cut by its picture: " + said(node));
      }
      var ink = rgba(getComputedStyle(parent).fill);
      if (box.bottom > window.innerHeight || box.top < 0) {
        parent.scrollIntoView({ block: "center" });
        box = parent.getBoundingClientRect();
      }
      var back = drawnBelow(parent, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
      if (contrast(ink, back) < LEAST) { faults.push("contrast " + contrast(ink, back).toFixed(2) + " in a picture: " + said(node)); }
    } else {
      var style = getComputedStyle(parent), size = parseFloat(style.fontSize), bold = +style.fontWeight >= 600;
      var least = size >= 24 || (size >= 18.66 && bold) ? LARGE : LEAST;
      var found = contrast(over(rgba(style.color), ground(parent)), ground(parent));
      if (found < least) { faults.push("contrast " + found.toFixed(2) + ": " + said(node)); }
    }
  }
  window.scrollTo(0, 0);
  boxes.sort(function (a, b) { return a.t - b.t; });
  var pairs = 0;
  for (var i = 0; i < boxes.length; i++) {
    for (var j = i + 1; j < boxes.length && boxes[j].t < boxes[i].b; j++) {
      var a = boxes[i], b = boxes[j];
      if (a.node !== b.node && a.l < b.r && b.l < a.r && a.t < b.b && b.t < a.b && pairs++ < 20) {
        faults.push("texts overlap: " + a.said + " | " + b.said);
      }
    }
  }
  document.querySelectorAll("body *").forEach(function (element) {
    var style = getComputedStyle(element);
    if (/hidden|clip/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.tagName !== "svg") {
      faults.push("cut: " + said(element));
    }
  });
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) {
    faults.push("the page scrolls sideways: " + document.documentElement.scrollWidth);
  }
  return { faults: faults.slice(0, 40), texts: boxes.length };
})()
