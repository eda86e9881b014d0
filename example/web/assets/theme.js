// The theme's cookie is declared with httponly=false: this script may write it,
// and the server paints the next page by it.
const root = document.documentElement;
const seen = document.querySelector("#document-cookie");

function showCookies() {
  if (seen) seen.textContent = document.cookie || "(nothing)";
}

document.querySelector("#theme-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax; secure`;
  showCookies();
});

showCookies();
