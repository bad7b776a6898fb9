// The theme, before anything is painted: as the system has it, light, or dark.
const themes = ["system", "light", "dark"];
const themeKey = "headgate-theme";

function savedTheme() {
  try {
    const saved = localStorage.getItem(themeKey);
    return themes.includes(saved) ? saved : "system";
  } catch { // storage is turned off
    return "system";
  }
}

function applyTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

applyTheme(savedTheme());

addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const names = { system: "as the system", light: "light", dark: "dark" };
  let theme = savedTheme();
  const show = () => {
    button.dataset.theme = theme;
    button.setAttribute("aria-label", "Theme: " + names[theme]);
    button.title = "Theme: " + names[theme];
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try {
      localStorage.setItem(themeKey, theme);
    } catch { /* it lasts as long as the page */ }
    applyTheme(theme);
    show();
  });
  show();
});
