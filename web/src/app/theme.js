// Before the first paint, so that a chosen theme does not flash: Mantine's own key and attribute.
(() => {
  const kept = localStorage.getItem("mantine-color-scheme-value");
  const isDark = kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", isDark ? "dark" : "light");
})();
